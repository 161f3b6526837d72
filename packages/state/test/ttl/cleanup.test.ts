import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { t } from "@millrace/codec";
import { type BackendOptions, state } from "@millrace/contracts";
import { type Random, seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { expect, it, onTestFinished } from "vitest";
import { createHeapBackend, createStoreBackend, type KeyedBackend, LocalStore, workHere } from "../../src/index.ts";
import { encodeAll } from "../model/history.ts";

const ttl = { ttlMs: 10 };
const heapOptions = { uid: "ttl", subtask: 0, keyGroups: { start: 0, end: 127 }, maxParallelism: 128 };

/** A small cache before a local store; both are closed when the test ends. */
async function behindStore(
  clocks: Pick<BackendOptions, "now" | "monotonic">,
): Promise<{ readonly store: LocalStore; readonly backend: KeyedBackend }> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-ttl-"));
  const store = await LocalStore.open(directory, { files: nodePorts.files, work: workHere(nodePorts.files) });
  const backend = await createStoreBackend({
    uid: "ttl",
    subtask: 0,
    keyGroups: { start: 0, end: 127 },
    maxParallelism: 128,
    ...clocks,
    store,
    cacheBytesMax: () => 100,
    filled: false,
    apply: (_checkpointId, header, chunks) => store.add("ttl", header, chunks),
  });
  onTestFinished(async () => {
    await backend.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { store, backend };
}

it("the background cleanup removes what has expired and leaves the rest, with tombstones for what was in a snapshot", async () => {
  let now = 0;
  let ticks = 0;
  const backend = createHeapBackend({
    uid: "ttl",
    subtask: 0,
    keyGroups: { start: 0, end: 127 },
    maxParallelism: 128,
    now: () => now,
    monotonic: () => ticks++,
  });
  const { value, list, map, kept } = backend.states({
    value: state.value(t.integer(), ttl),
    list: state.list(t.integer(), ttl),
    map: state.map(t.integer(), t.integer(), ttl),
    kept: state.value(t.integer()),
  });
  for (let key = 0; key < 100; key++) {
    backend.setCurrentKey(key);
    value.update(key);
    list.addAll([1, 2]);
    for (let field = 0; field < 100; field++) map.put(field, field);
    if (key === 50) kept.update(1);
  }
  backend.freeze(1, true);
  await encodeAll(backend);
  await backend.complete(1);
  now = 5;
  backend.setCurrentKey(7);
  list.add(3);
  map.put(3, 4);
  now = 11;
  let slices = 1;
  while (!backend.cleanupSlice(1)) slices++;
  expect(slices).toBeGreaterThan(1);

  expect(backend.usage.entries).toBe(3);
  backend.setCurrentKey(7);
  expect(list.get()).toEqual([3]);
  expect([...map.entries()]).toEqual([[3, 4]]);
  expect(value.value()).toBeUndefined();
  now = 20;
  while (!backend.cleanupSlice(1));
  backend.setCurrentKey(50);
  kept.clear();
  expect(backend.isEmpty()).toBe(true);

  backend.freeze(2, false);
  const files = await encodeAll(backend);
  expect(files.length).toBeGreaterThan(1);
});

it("the background cleanup finds what has expired in the local store alone", async () => {
  let now = 0;
  let ticks = 0;
  const { store, backend } = await behindStore({ now: () => now, monotonic: () => ticks++ });
  const { value, map } = backend.states({ value: state.value(t.integer(), ttl), map: state.map(t.integer(), t.integer(), ttl) });
  const checkpoint = async (checkpointId: number): Promise<number> => {
    backend.freeze(checkpointId, false);
    const files = await encodeAll(backend);
    await backend.complete(checkpointId);
    return files.length;
  };
  for (let key = 0; key < 300; key++) {
    now = key < 150 ? 0 : 5;
    backend.setCurrentKey(key);
    value.update(key);
    for (let field = 0; field < 100; field++) map.put(field, key);
  }
  await checkpoint(1);
  // The cache is emptied some slots at a time.
  for (let n = 0; n < 100; n++) {
    backend.setCurrentKey(0);
    value.value();
  }
  expect(backend.usage.entries).toBeLessThan(20);

  now = 12;
  while (!backend.cleanupSlice(1)) await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
  expect(backend.currentKey()).toBe(0);
  await checkpoint(2);
  expect(backend.usage.entries).toBeLessThan(20);
  for (const [key, left] of [
    [149, false],
    [150, true],
  ] as const) {
    backend.setCurrentKey(key);
    expect(value.value() !== undefined).toBe(left);
    expect(map.isEmpty()).toBe(!left);
  }
  now = 20;
  while (!backend.cleanupSlice(1)) await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
  await checkpoint(3);
  expect(backend.isEmpty()).toBe(true);
  expect([...store.operator("ttl").range(Uint8Array.of(0), Uint8Array.of(0xff))]).toEqual([]);
});

it("the background cleanup goes on behind keys of any length", async () => {
  let now = 0;
  const { backend } = await behindStore({ now: () => now, monotonic: () => 0 });
  const { value } = backend.states({ value: state.value(t.integer(), ttl) });
  for (const letter of "abc") {
    backend.setCurrentKey(letter.repeat(200_000));
    value.update(1);
  }
  for (const checkpointId of [1, 2]) {
    backend.freeze(checkpointId, false);
    await encodeAll(backend);
    await backend.complete(checkpointId);
    if (checkpointId === 2) break;
    now = 20;
    while (!backend.cleanupSlice(1)) await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
  }
  expect(backend.isEmpty()).toBe(true);
});

it("the background cleanup of a large map gives way page by page, and goes on whatever becomes of the map meanwhile", async () => {
  const seed = Number(process.env.SEED ?? 1);
  for (const where of ["heap", "store"] as const) {
    for (let run = seed; run < seed + 10; run++) {
      const clock = { now: 0, ticks: 0 };
      const clocks = { now: () => clock.now, monotonic: () => clock.ticks++ };
      const backend = where === "store" ? (await behindStore(clocks)).backend : createHeapBackend({ ...heapOptions, ...clocks });
      await troubledRound(backend, clock, seededRandom(run)).catch((error: unknown) => {
        throw new Error(`on the ${where} with SEED=${run}`, { cause: error });
      });
    }
  }
});

/** One round over a map that expires by halves, while it is changed, let go, cleared and made anew between the slices. */
async function troubledRound(backend: KeyedBackend, clock: { now: number }, random: Random): Promise<void> {
  const { map } = backend.states({ map: state.map(t.integer(), t.integer(), ttl) });
  const fraction = (): number => random.uint32() / 2 ** 32;
  const stamped = new Map<number, number>();
  const put = (field: number): void => {
    map.put(field, field);
    stamped.set(field, clock.now);
  };
  for (const now of [0, 5]) {
    clock.now = now;
    backend.setCurrentKey("large");
    for (let field = now; field < 8_000; field += now === 0 ? 1 : 2) put(field);
  }
  let checkpointId = 0;
  clock.now = 12;
  let slices = 1;
  for (; !backend.cleanupSlice(1); slices++) {
    backend.setCurrentKey("other");
    backend.setCurrentKey("large");
    const what = fraction();
    const field = Math.floor(fraction() * 10_000);
    if (what < 0.3) put(field);
    else if (what < 0.5) {
      map.remove(field);
      stamped.delete(field);
    } else if (what < 0.505) {
      map.clear();
      stamped.clear();
      for (let added = 0; added < 1_000; added++) put(added * 3);
    } else if (what < 0.55) {
      backend.freeze(++checkpointId, false);
      await encodeAll(backend);
      await backend.complete(checkpointId);
    }
    await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
  }
  expect(slices).toBeGreaterThan(10);
  backend.setCurrentKey("large");
  clock.now = 0;
  const left = [...stamped].filter(([, time]) => time > 2).map(([field]) => field);
  expect([...map.keys()].sort((a, b) => a - b)).toEqual(left.sort((a, b) => a - b));
}
