import { type Collector, type DataStream, defineJob, defineKeyedProcess, type JobDefinition, state, t } from "millrace";
import { watching } from "../watching-sink.ts";
import type { Latencies } from "./latencies.ts";
import { openLoop, type Timed } from "./open-loop.ts";
import { nowNanos, type Schedule } from "./schedule.ts";

export type Shape = "stateless" | "keyed";

export interface LatencyJob {
  readonly shape: Shape;
  readonly keys: number;
  readonly schedule: Schedule;
  readonly latencies: Latencies;
}

/** Of the bare loop: as many as the engine's source hands over at once. */
const RECORDS_PER_STEP = 256;

const count = defineKeyedProcess({
  state: { count: state.value(t.integer()) },
  processElement(timed: Timed, context, out: Collector<Timed>) {
    const counted = (context.state.count.value() ?? 0) + 1;
    context.state.count.update(counted);
    out.collect({ key: timed.key, value: counted, due: timed.due });
  },
});

/** Counts the records of each key. */
export function keyedCount(records: DataStream<Timed>): DataStream<Timed> {
  return records.keyBy(({ key }) => key).process(count, { uid: "count" });
}

const shapes: Readonly<Record<Shape, (records: DataStream<Timed>) => DataStream<Timed>>> = {
  stateless: (records) => records.filter(({ value }) => value >= 0).map(({ key, value, due }) => ({ key, value: value + 1, due })),
  keyed: keyedCount,
};

export function latencyJob({ shape, keys, schedule, latencies }: LatencyJob): JobDefinition {
  return defineJob(`latency-${shape}`, (env) => {
    const records = env.from(
      openLoop(schedule, keyFor(keys), () => latencies.looked()),
      { uid: "records" },
    );
    shapes[shape](records).to(
      watching<Timed>("arrivals", ({ due }) => latencies.arrived(due)),
      { uid: "arrivals" },
    );
  });
}

/** The same without an engine: what the machine and the collector of garbage do to any loop. */
export function bareLoop({ shape, keys, schedule, latencies }: LatencyJob): () => boolean {
  const keyOf = keyFor(keys);
  const counts = new Map<number, number>();
  let next = 0;
  return () => {
    latencies.looked();
    for (let left = RECORDS_PER_STEP; left > 0 && next < schedule.records; left--) {
      const due = schedule.dueNanos(next);
      if (due > nowNanos()) return true;
      const timed: Timed = { key: keyOf(next), value: next, due };
      next++;
      if (shape === "keyed") counts.set(timed.key, (counts.get(timed.key) ?? 0) + 1);
      latencies.arrived(timed.due);
    }
    return next < schedule.records;
  };
}

/** Each key once in so many records, in an order that jumps about. */
export function keyFor(keys: number): (record: number) => number {
  return (record) => (Math.imul(record, 2_654_435_761) >>> 0) % keys;
}
