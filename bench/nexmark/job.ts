import { boundedOutOfOrderness, datagen, defineJob, type JobDefinition, seconds } from "millrace";
import type { Event } from "./generator/events.ts";
import { type InputOptions, MeasuredInput } from "./input.ts";
import { type QueryName, queries } from "./queries/index.ts";
import { type Rows, rowsSink } from "./rows.ts";

export interface NexmarkJob extends InputOptions {
  readonly query: QueryName;
  /** Where the rows of a subtask go. */
  readonly rowsOf: (subtask: number) => Rows;
  /** A subtask of the sink has all its rows. */
  readonly ended?: (rows: number) => void;
}

/** A query over generated events, as a job. Of parallelism p, part s of the source makes the positions s, s + p, s + 2p, … */
export function nexmarkJob({ query, rowsOf, ended = () => {}, ...options }: NexmarkJob): JobDefinition {
  return defineJob(`nexmark-${query}`, (env) => {
    const input = new MeasuredInput(options);
    const source = datagen({ generate: (position) => input.at(position), count: input.events });
    const watermarks = boundedOutOfOrderness(seconds(4), (event: Event) => input.timeOf(event));
    const events = env.from(source, { uid: "events", watermarks });
    queries[query](events).to(rowsSink(rowsOf, ended), { uid: "rows" });
  });
}
