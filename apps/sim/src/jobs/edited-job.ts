import { type Collector, type DataStream, defineKeyedProcess, type MapState, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { apart } from "../world/apart.ts";
import { type Branch, exactly } from "./branch.ts";
import type { Reading } from "./reading.ts";

/** Whether a job has the branch. Drawn apart from all else. */
export function drawEdited(seed: number): boolean {
  return apart(seed, "editedJob").oneIn(6);
}

/** How often the code is edited: before the second process and before the third. */
const EDITIONS = 3;

const BUCKET_MS = 300;

/** Sums, which each edition of the code keeps in another form; what comes out is the same, whichever has seen which reading. */
export const edited: Branch = {
  name: "edited",
  due: dueAt(2),
  ordered: false,
  build: (all, edition = 1) => [sums(all, Math.min(edition, EDITIONS))],
  judge: exactly("edited", (input) => {
    const found = new Map<string, number>();
    for (const { sensor, at, value } of input) {
      const place = `edited ${sensor} ${endOf(at)}`;
      found.set(place, (found.get(place) ?? 0) + value);
    }
    return [...found].map(([place, sum]) => `${place} ${sum}`);
  }),
};

function sums(all: DataStream<Reading>, edition: number): DataStream<string> {
  const keyed = all.keyBy((one) => one.sensor);
  if (edition === 1) return keyed.process(numbers, { uid: "edited" });
  if (edition === 2) return keyed.process(objects, { uid: "edited" });
  return keyed.process(renamed, { uid: "renamed", uidAliases: ["edited"] });
}

const numbers = defineKeyedProcess({
  state: { sums: state.map(t.integer(), t.integer()) },
  processElement: ({ at, value }: Reading, { state: { sums }, timers }, _out: Collector<string>) =>
    added(sums, at, (sums.get(endOf(at)) ?? 0) + value, timers),
  onTimer: (time, { state: { sums }, currentKey }, out) => told(out, currentKey(), time, taken(sums, time)),
});

/** A function migrates. */
const objects = defineKeyedProcess({
  state: {
    sums: state.map(t.integer(), t.object({ sum: t.integer() }), { migrate: (_from, value) => ({ sum: Number(value) }) }),
  },
  processElement: ({ at, value }: Reading, { state: { sums }, timers }, _out: Collector<string>) =>
    added(sums, at, { sum: (sums.get(endOf(at))?.sum ?? 0) + value }, timers),
  onTimer: (time, { state: { sums }, currentKey }, out) => told(out, currentKey(), time, taken(sums, time)?.sum),
});

/** Another uid, another name of the state, and fields that are renamed, widened and new; the first edition's values as well. */
const renamed = defineKeyedProcess({
  state: {
    totals: state.map(t.integer(), t.object({ unit: t.withDefault(t.string(), "none"), total: t.aliased(t.number(), "sum") }), {
      aliases: ["sums"],
      migrate: (_from, value) => ({ unit: "none", total: typeof value === "number" ? value : (value as { readonly sum: number }).sum }),
    }),
  },
  processElement: ({ at, value }: Reading, { state: { totals }, timers }, _out: Collector<string>) =>
    added(totals, at, { unit: "none", total: (totals.get(endOf(at))?.total ?? 0) + value }, timers),
  onTimer: (time, { state: { totals }, currentKey }, out) => told(out, currentKey(), time, taken(totals, time)?.total),
});

function endOf(at: number): number {
  return (Math.floor(at / BUCKET_MS) + 1) * BUCKET_MS - 1;
}

function added<V>(sums: MapState<number, V>, at: number, sum: V, timers: { registerEventTimeTimer(time: number): void }): void {
  sums.put(endOf(at), sum);
  timers.registerEventTimeTimer(endOf(at));
}

function taken<V>(sums: MapState<number, V>, time: number): V | undefined {
  const sum = sums.get(time);
  sums.remove(time);
  return sum;
}

function told(out: Collector<string>, sensor: unknown, time: number, sum: number | undefined): void {
  out.collect(`edited ${String(sensor)} ${time} ${sum}`);
}
