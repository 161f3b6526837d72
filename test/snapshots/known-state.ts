import { boundedOutOfOrderness, type Collector, collection, datagen, defineJob, discard, type JobDefinition, state, t, tumbling } from "millrace";
import type { Reading } from "../engine/jobs.ts";

/**
 * State of every kind, timers and open windows, in a job that does not end though its input does: the ticks have no
 * watermarks, so that event time stands still.
 */
export function knownStateJob(input: readonly Reading[]): JobDefinition {
  return defineJob("known", (env) => {
    const ticks = env.from(datagen({ generate: (): Reading => ({ sensor: "", at: 0, value: 0 }), ratePerSecond: 1 }), { uid: "ticks" });
    const all = env
      .from(collection(input), { uid: "readings", watermarks: boundedOutOfOrderness(300, (reading) => reading.at) })
      .union(ticks)
      .filter((reading) => reading.sensor !== "");
    all
      .keyBy((reading) => [reading.sensor, reading.value % 10])
      .process(
        {
          state: {
            last: state.value(t.object({ at: t.integer(), value: t.integer() })),
            lived: state.value(t.integer(), { ttlMs: 1_000_000_000_000 }),
            seen: state.map(t.string(), t.integer()),
            values: state.list(t.integer()),
            most: state.reducing(t.integer(), (a, b) => Math.max(a, b)),
          },
          processElement(reading, { state: { last, lived, seen, values, most }, timers }, _out: Collector<string>) {
            last.update({ at: reading.at, value: reading.value });
            lived.update(reading.at);
            seen.put(`at ${reading.at}`, reading.value);
            values.add(reading.at);
            most.add(reading.value);
            timers.registerEventTimeTimer(reading.at + 400);
          },
        },
        { uid: "kept" },
      )
      .to(discard(), { uid: "out" });
    all
      .keyBy((reading) => reading.sensor)
      .window(tumbling(1_000))
      .reduce((a, b) => (a.value >= b.value ? a : b), { uid: "tops", codec: t.object({ sensor: t.string(), at: t.integer(), value: t.integer() }) })
      .to(discard(), { uid: "gone" });
  });
}

/** What the state holds when all input is read, as lines; the times of writes are left out. */
export function expectedState(input: readonly Reading[]): string[] {
  const byKey = Map.groupBy(input, (reading) => JSON.stringify([reading.sensor, reading.value % 10]));
  const lines: string[] = [];
  for (const [key, readings] of byKey) {
    const { at, value } = readings.at(-1) as Reading;
    lines.push(`kept last ${key} ${JSON.stringify({ at, value })}`, `kept lived ${key} ${at}`);
    lines.push(`kept most ${key} ${Math.max(...readings.map((reading) => reading.value))}`);
    lines.push(...[...new Map(readings.map((reading) => [reading.at, reading.value]))].map(([time, last]) => `kept seen ${key} at ${time} ${last}`));
    lines.push(...readings.map((reading, index) => `kept values ${key} ${index} ${reading.at}`));
    lines.push(...[...new Set(readings.map((reading) => reading.at + 400))].map((time) => `kept user-timers ${key} event ${time}`));
  }
  const windows = Map.groupBy(input, (reading) => `${JSON.stringify(reading.sensor)} ${Math.floor(reading.at / 1_000) * 1_000}`);
  for (const [window, readings] of windows) {
    const best = readings.reduce((a, b) => (a.value >= b.value ? a : b));
    lines.push(`tops ${window} ${JSON.stringify(best)}`);
  }
  return lines.sort();
}
