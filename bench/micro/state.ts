import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { createHeapBackend } from "@millrace/state";
import { type Figure, paired } from "./measure.ts";

const operations = 400_000;

/** Value state, read and updated for each record, against a plain Map of cells. */
export async function run(): Promise<Figure[]> {
  return [figure(1_000, 0.45), figure(100_000, 0.65)];
}

function figure(keys: number, bar: number): Figure {
  const order = Int32Array.from({ length: operations }, (_, i) => (Math.imul(i, 2654435761) >>> 0) % keys);
  const cells = new Map<number, { n: number }>();
  const backend = createHeapBackend({
    uid: "bench",
    subtask: 0,
    keyGroups: { start: 0, end: 127 },
    maxParallelism: 128,
    now: () => 0,
    monotonic: () => performance.now(),
  });
  const { count } = backend.states({ count: state.value(t.integer()) });
  return paired({
    name: `cached value state, ${keys.toLocaleString("en")} keys, against a heap Map`,
    bar,
    operations,
    reference: () => {
      for (let i = 0; i < operations; i++) {
        const key = order[i] as number;
        const cell = cells.get(key);
        if (cell === undefined) cells.set(key, { n: 1 });
        else cell.n++;
      }
    },
    subject: () => {
      for (let i = 0; i < operations; i++) {
        backend.setCurrentKey(order[i] as number);
        count.update((count.value() ?? 0) + 1);
      }
    },
  });
}
