import { type Collector, type MapState, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import type { Reading } from "./reading.ts";

const BUCKET_MS = 300;
/** Entries that a reading adds to. */
const SPREAD = 120;
/** Entries of a bucket at most. */
const BUCKET_ENTRIES = 900;
/** Fields of one bucket lie side by side, and those of the next one so far behind. */
const BUCKET_FIELDS = 1_000;

const bucketOf = (one: Reading): number => Math.floor(one.at / BUCKET_MS);
const dueOf = (one: Reading): number => (bucketOf(one) + 1) * BUCKET_MS - 1;

function* fieldsOf(one: Reading): Iterable<number> {
  const first = bucketOf(one) * BUCKET_FIELDS;
  for (let n = 0; n < SPREAD; n++) yield first + ((one.value * 13 + n * 7) % BUCKET_ENTRIES);
}

function add<F>(sums: MapState<F, number>, field: F, value: number): void {
  sums.put(field, (sums.get(field) ?? 0) + value);
}

/** Takes a bucket's entries out while it walks over all of them; how many they were, and their sum. */
function takeOut<F>(sums: MapState<F, number>, bucket: number): string {
  let [count, total] = [0, 0];
  for (const [field, sum] of sums.entries()) {
    if (Math.floor(Number(field) / BUCKET_FIELDS) !== bucket) continue;
    sums.remove(field);
    count++;
    total += sum;
  }
  return `${count}:${total}`;
}

/** Maps that grow from one record into pages and shrink again, by whole numbers and by texts, which have other bounds. */
export const largeMapBranch: Branch = {
  name: "largeMaps",
  due: dueAt(2),
  ordered: false,
  build: (all) => [
    all
      .keyBy((one) => one.sensor)
      .process(
        {
          state: { numbers: state.map(t.integer(), t.integer()), texts: state.map(t.string(), t.integer()) },
          processElement(one, { state: { numbers, texts }, timers }, _out: Collector<string>) {
            for (const field of fieldsOf(one)) {
              add(numbers, field, one.value);
              add(texts, `${field}`, one.value);
            }
            timers.registerEventTimeTimer(dueOf(one));
          },
          onTimer(time, { state: { numbers, texts }, currentKey }, out) {
            const bucket = Math.floor(time / BUCKET_MS);
            out.collect(`largeMaps ${currentKey()} ${time} ${takeOut(numbers, bucket)} ${takeOut(texts, bucket)}`);
          },
        },
        { uid: "largeMaps" },
      ),
  ],
  judge: exactly("largeMaps", (input) => {
    const buckets = new Map<string, Map<number, number>>();
    for (const one of input) {
      const place = `largeMaps ${one.sensor} ${dueOf(one)}`;
      const sums = buckets.get(place) ?? new Map<number, number>();
      buckets.set(place, sums);
      for (const field of fieldsOf(one)) sums.set(field, (sums.get(field) ?? 0) + one.value);
    }
    return [...buckets].map(([place, sums]) => {
      const entries = `${sums.size}:${[...sums.values()].reduce((a, b) => a + b, 0)}`;
      return `${place} ${entries} ${entries}`;
    });
  }),
};
