import { type Collector, defineJob, minutes, monotonousTimestamps, params, print, t, tumbling } from "millrace";
import { files, jsonLines } from "millrace/files";

interface Click {
  readonly user: string;
  readonly at: number;
}

interface Count {
  readonly user: string;
  readonly minute: number;
  readonly count: number;
}

/** Clicks a user and minute, printed when the minute is over. */
export default defineJob(
  "cold-start",
  (env, { clicks }) => {
    env
      .from(files(clicks, jsonLines<Click>()), { uid: "clicks", watermarks: monotonousTimestamps((click) => click.at) })
      .keyBy((click) => click.user)
      .window(tumbling(minutes(1)))
      .aggregate(
        { accumulator: t.integer(), createAccumulator: () => 0, add: (_click, count) => count + 1, getResult: (count) => count },
        {
          uid: "counts",
          process: {
            process(counts, context, out: Collector<Count>) {
              for (const count of counts) out.collect({ user: String(context.key), minute: context.window.start, count });
            },
          },
        },
      )
      .to(print(), { uid: "out" });
  },
  { parameters: { clicks: params.string() } },
);
