import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "@millrace/codec";
import { state, type ValueState } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { createHeapBackend, createStoreBackend, type KeyedBackend, LocalStore, type StoreBackendOptions } from "@millrace/state";
import { storeThread } from "@millrace/state/node";
import { type Figure, median, paired } from "./measure.ts";
import { turns } from "./turns.ts";

const EVENTS = 200_000;
const CHECKPOINTED = 100_000;
/** Entries that change between two checkpoints. On a fast processor 10,000 take less than three slices at once. */
const CHANGED = [10_000, 100_000];
const ONE_PERCENT = CHECKPOINTED / 100;
const SLICES = 9;
/** Checkpoints whose longest gap is taken: one in a few is hit by something else. */
const GAPS = 41;
const KEY_GROUPS = { start: 0, end: 719 };

interface Opened {
  readonly backend: KeyedBackend;
  readonly value: ValueState<number>;
  readonly store?: LocalStore;
}

/** Keyed state against what a program without an engine would do. */
export async function run(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  try {
    const figures: Figure[] = [];
    for (const [keys, bar, heapBar] of [
      [1_000, 0.45, 0.45],
      [100_000, 0.65, 0.5],
    ] as const) {
      figures.push(counting(`value state on the heap, ${keys} keys, against a Map`, keys, heapBar, openHeap()));
      const level = await openLevel(join(directory, `counting-${keys}`));
      figures.push(counting(`value state cached before a local store, ${keys} keys, against a Map`, keys, bar, level));
      await level.store?.close();
    }
    for (const changes of CHANGED) figures.push(await gaps(join(directory, `gaps-${changes}`), changes));
    figures.push(await deltas());
    return figures;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function options(): {
  uid: string;
  subtask: number;
  keyGroups: typeof KEY_GROUPS;
  maxParallelism: number;
  now: () => number;
  monotonic: () => number;
} {
  return { uid: "bench", subtask: 0, keyGroups: KEY_GROUPS, maxParallelism: 720, now: () => 0, monotonic: () => performance.now() };
}

function openHeap(): Opened {
  const backend = createHeapBackend(options());
  return { backend, value: backend.states({ value: state.value(t.number()) }).value };
}

async function openLevel(path: string): Promise<Opened> {
  const store = await LocalStore.open(path, { files: nodePorts.files, work: storeThread() });
  const apply: StoreBackendOptions["apply"] = async (checkpoint, header, chunks) => {
    await store.add("bench", header, chunks);
    await store.setMarker({ kind: "applied", checkpoint });
  };
  const backend = await createStoreBackend({ ...options(), store, cacheBytesMax: () => 256 << 20, filled: false, apply });
  return { backend, value: backend.states({ value: state.value(t.number()) }).value, store };
}

/** Every event reads the count of its key and writes it anew. By index: walking typed arrays costs V8 2 or 20 ns, as it pleases. */
function counting(name: string, keys: number, bar: number, { backend, value }: Opened): Figure {
  const sequence = Int32Array.from({ length: EVENTS }, (_, index) => (Math.imul(index, 2_654_435_761) >>> 0) % keys);
  const map = new Map<number, number>();
  const reference = (): void => {
    for (let event = 0; event < EVENTS; event++) {
      const key = sequence[event] as number;
      map.set(key, (map.get(key) ?? 0) + 1);
    }
  };
  const subject = (): void => {
    for (let event = 0; event < EVENTS; event++) {
      const key = sequence[event] as number;
      backend.setCurrentKey(key);
      value.update((value.value() ?? 0) + 1);
    }
  };
  const figure = paired({ name, bar, operations: EVENTS, reference, subject });
  backend.setCurrentKey(sequence[0] as number);
  if (value.value() !== map.get(sequence[0] as number)) throw new Error("the two sides counted differently");
  return figure;
}

function fill({ backend, value }: Opened, keys: number, n: number): void {
  for (let key = 0; key < keys; key++) {
    backend.setCurrentKey(key);
    value.update(n + key);
  }
}

async function checkpoint({ backend }: Opened, checkpointId: number, sliceMs: number): Promise<void> {
  backend.freeze(checkpointId, false);
  while (!backend.encodeSlice(sliceMs)) await nextTurn();
  backend.takeDelta();
  await backend.complete(checkpointId);
}

/** The longest time that the event loop stands still while changed entries go into a checkpoint and the local store. */
async function gaps(directory: string, changes: number): Promise<Figure> {
  const opened = await openLevel(directory);
  fill(opened, CHECKPOINTED, 0);
  await checkpoint(opened, 1, limits.sliceMs);
  const ratios: number[] = [];
  const times: number[] = [];
  let checkpointId = 1;
  const { warm, timed } = turns(5, GAPS);
  for (let slice = 0; slice < warm + timed; slice++) {
    fill(opened, changes, slice);
    const sliced = await longestGap(() => checkpoint(opened, ++checkpointId, limits.sliceMs));
    fill(opened, changes, slice + 0.5);
    const unsliced = await longestGap(() => checkpoint(opened, ++checkpointId, Number.POSITIVE_INFINITY));
    if (slice < warm) continue;
    ratios.push(unsliced / sliced);
    times.push(sliced * 1e6);
  }
  await opened.store?.close();
  return {
    name: `checkpoint of ${changes.toLocaleString("en-US")} changes: longest gap of the event loop, encoded in slices against at once`,
    bar: 5,
    ratio: median(ratios),
    nanoseconds: median(times),
  };
}

async function longestGap(work: () => Promise<void>): Promise<number> {
  // Watching makes garbage of its own, thousands of turns of it while the store's thread writes.
  globalThis.gc?.({ type: "minor" });
  let last = performance.now();
  let longest = 0;
  let running = true;
  const watch = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(watch);
  };
  setImmediate(watch);
  await work();
  await nextTurn();
  running = false;
  return longest;
}

/** Time in which a checkpoint of one percent keeps the task from its records, against a checkpoint of all. */
async function deltas(): Promise<Figure> {
  const opened = openHeap();
  fill(opened, CHECKPOINTED, 0);
  const ratios: number[] = [];
  const times: number[] = [];
  const { warm, timed } = turns(2, SLICES);
  for (let slice = 0; slice < warm + timed; slice++) {
    fill(opened, ONE_PERCENT, slice);
    const full = blockedMs(opened.backend, true);
    await opened.backend.complete(1);
    fill(opened, ONE_PERCENT, slice + 0.5);
    const delta = blockedMs(opened.backend, false);
    await opened.backend.complete(1);
    if (slice < warm) continue;
    ratios.push(full / delta);
    times.push(delta * 1e6);
  }
  return { name: "checkpoint of one percent against all of it, time in the task", bar: 10, ratio: median(ratios), nanoseconds: median(times) };
}

function blockedMs(backend: KeyedBackend, full: boolean): number {
  const start = performance.now();
  backend.freeze(1, full);
  while (!backend.encodeSlice(Number.POSITIVE_INFINITY));
  backend.takeDelta();
  return performance.now() - start;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
