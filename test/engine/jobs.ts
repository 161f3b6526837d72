import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boundedOutOfOrderness, type Collector, collection, defineJob, type JobDefinition, outputTag, type Sink, state, t, tumbling } from "millrace";

export interface Reading {
  readonly sensor: string;
  readonly at: number;
  readonly value: number;
}

/** Readings of a few sensors, out of order by up to `disorderMs`; the same for the same seed. */
export function readings(count: number, seed: number, disorderMs = 500): Reading[] {
  let x = seed;
  const next = (below: number) => {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    return (x >>> 8) % below;
  };
  return Array.from({ length: count }, (_, i) => ({ sensor: `s${next(7)}`, at: i * 20 - next(disorderMs), value: next(100) }));
}

const late = outputTag<Reading>("late");

/**
 * Windows with late readings aside, a process function with state and timers, a union and a connect: every path that a
 * record can take. Each result is a line of text.
 */
export function everythingJob(input: readonly Reading[], sink: Sink<string>, boundMs = 300): JobDefinition {
  return defineJob("everything", (env) => {
    const all = env.from(collection(input), { uid: "readings", watermarks: boundedOutOfOrderness(boundMs, (reading) => reading.at) });
    const sums = all
      .keyBy((reading) => reading.sensor)
      .window(tumbling(1_000))
      .lateTo(late)
      .aggregate(
        { accumulator: t.integer(), createAccumulator: () => 0, add: (reading, sum) => sum + reading.value, getResult: (sum) => sum },
        {
          uid: "sums",
          process: {
            process(values, { key, window }, out: Collector<string>) {
              for (const sum of values) out.collect(`sum ${key} ${window.start} ${sum}`);
            },
          },
        },
      );
    const quiet = all
      .keyBy((reading) => reading.sensor)
      .process(
        {
          state: { last: state.value(t.integer()), seen: state.map(t.string(), t.integer()), values: state.list(t.integer()) },
          processElement(reading, { state: { last, seen, values }, timers }, _out: Collector<string>) {
            const before = last.value();
            if (before !== undefined) timers.deleteEventTimeTimer(before + 400);
            const latest = Math.max(before ?? reading.at, reading.at);
            last.update(latest);
            timers.registerEventTimeTimer(latest + 400);
            seen.put(`p${reading.value % 3}`, (seen.get(`p${reading.value % 3}`) ?? 0) + 1);
            values.add(reading.value);
          },
          onTimer(time, { currentKey, state: { seen, values } }, out) {
            const counts = [...seen.entries()].sort().map(([name, count]) => `${name}=${count}`);
            out.collect(`quiet ${currentKey()} ${time} ${counts.join(",")} ${values.get().length}`);
            values.clear();
          },
        },
        { uid: "quiet" },
      );
    const odd = all.filter((reading) => reading.value % 2 === 1).flatMap((reading) => (reading.value % 5 === 0 ? [reading, reading] : [reading]));
    const halves = odd
      .keyBy((reading) => reading.sensor)
      .connect(all.map((reading) => reading.value).keyBy((value) => `s${value % 7}`))
      .process(
        {
          state: { n: state.value(t.integer()) },
          processElement1(reading, { state: { n } }, out: Collector<string>) {
            n.update((n.value() ?? 0) + 1);
            out.collect(`odd ${reading.sensor} ${reading.at} ${reading.value}`);
          },
          processElement2(_value, { state: { n } }) {
            n.update(n.value() ?? 0);
          },
        },
        { uid: "odd" },
      );
    sums
      .union(
        quiet,
        halves,
        sums.sideOutput(late).map((reading) => `late ${reading.sensor} ${reading.at} ${reading.value}`),
      )
      .to(sink, { uid: "out" });
  });
}

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "millrace-engine-"));
}
