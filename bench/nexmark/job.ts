import { boundedOutOfOrderness, datagen, defineJob, type JobDefinition, seconds } from "millrace";
import type { GeneratorOptions } from "./generator/options.ts";
import { MeasuredInput } from "./input.ts";
import { type QueryName, queries } from "./queries/index.ts";
import { type Rows, rowsSink } from "./rows.ts";

export interface NexmarkJob {
  readonly query: QueryName;
  readonly generator: GeneratorOptions;
  /** Where the rows of a subtask go. */
  readonly rowsOf: (subtask: number) => Rows;
  /** The event before which `marked` is called; −1: none. */
  readonly mark?: number;
  readonly marked?: () => void;
  /** A subtask of the sink has all its rows. */
  readonly ended?: (rows: number) => void;
}

/** A query over generated events, as a job. Of parallelism p, part s of the source makes the positions s, s + p, s + 2p, … */
export function nexmarkJob({ query, generator, rowsOf, mark = -1, marked = () => {}, ended = () => {} }: NexmarkJob): JobDefinition {
  return defineJob(`nexmark-${query}`, (env) => {
    const input = new MeasuredInput(generator, mark, marked);
    const source = datagen({ generate: (position) => input.at(position), count: input.events });
    const watermarks = boundedOutOfOrderness(seconds(4), (event: { readonly dateTime: number }) => event.dateTime);
    const events = env.from(source, { uid: "events", watermarks });
    queries[query](events).to(rowsSink(rowsOf, ended), { uid: "rows" });
  });
}
