import { readFile } from "node:fs/promises";
import { type Codec, t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { checkpoint, options, sizeOf, storePlace, stream } from "./open-store.ts";

const declarations = { map: state.map(t.integer(), t.integer()) };

it("a map that becomes large and small again is the same in memory, in a local store and after a restore", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 3, maxLength: 6 }), async (seed, sizes) => {
      const place = await storePlace();
      const backends = [createHeapBackend(options), await place.open(false)];
      const handles = backends.map((backend) => backend.states(declarations).map);
      for (const backend of backends) backend.setCurrentKey("k");
      const model = new Map<number, number>();
      const keys: number[] = [];
      for (const [round, size] of sizes.entries()) {
        for (let n = 0; model.size < size; n++) {
          const key = Math.imul(n ^ seed, 0x2545f491) >> 8;
          if (!model.has(key)) keys.push(key);
          model.set(key, n);
          for (const map of handles) map.put(key, n);
        }
        while (model.size > size) {
          const [key] = keys.splice(Math.abs(seed + model.size) % keys.length, 1) as [number];
          model.delete(key);
          for (const map of handles) map.remove(key);
        }
        const expected = [...model].toSorted(([a], [b]) => a - b);
        for (const map of handles) expect([...map.entries()].toSorted(([a], [b]) => a - b)).toEqual(expected);
        for (const backend of backends) {
          const restored = createHeapBackend(options);
          await restored.restore(stream(await checkpoint(backend, round + 1, true)));
          const { map } = restored.states(declarations);
          restored.setCurrentKey("k");
          expect([...map.entries()].toSorted(([a], [b]) => a - b)).toEqual(expected);
          for (const key of keys.slice(0, 50)) expect(map.get(key)).toBe(model.get(key));
        }
      }
    }),
    { numRuns: 8 },
  );
});

it.each([
  ["integers", t.integer(), 1_280],
  ["texts", t.string(), 320],
])("a map of %s to integers is one record up to its bound, and pages behind it", async (name, keyCodec, most) => {
  const backend = createHeapBackend(options);
  const { map } = backend.states({ map: state.map(keyCodec as Codec<number | string>, t.integer()) });
  backend.setCurrentKey("k");
  const put = (key: number, value: number): void => map.put(name === "texts" ? `${key}` : key, value);
  /** Bytes of a checkpoint for one entry that changed. */
  const cost = async (checkpointId: number): Promise<number> => {
    put(1, checkpointId);
    return sizeOf(await checkpoint(backend, checkpointId));
  };
  for (let key = 0; key < most; key++) put(key, 1);
  await checkpoint(backend, 1);
  const inOneRecord = await cost(2);
  expect(inOneRecord).toBeGreaterThan(2 * most);
  // They are pages from the first of these on, and some of them change.
  for (let key = most; key < most + 10; key++) put(key, 1);
  await checkpoint(backend, 3);
  expect(await cost(4)).toBeLessThan(inOneRecord / 2);
});

it("a map of integers goes to pages where few of its entries change from one checkpoint to the next, and else stays one record", async () => {
  const backend = createHeapBackend(options);
  const { map } = backend.states(declarations);
  const entries = 600;
  let next = 1;
  const change = async (key: string, fields: readonly number[]): Promise<number> => {
    backend.setCurrentKey(key);
    for (const field of fields) map.put(field, next);
    return sizeOf(await checkpoint(backend, next++));
  };
  /** Bytes of a checkpoint for one entry that changed, behind twenty with so many of them. */
  const cost = async (key: string, changes: number): Promise<number> => {
    await change(
      key,
      Array.from({ length: entries }, (_, field) => field),
    );
    for (let round = 0; round < 20; round++) {
      const known = Array.from({ length: changes - 1 }, (_, n) => n * 7 + round);
      await change(key, [entries + round, ...known]);
    }
    expect([...map.keys()]).toHaveLength(entries + 20);
    return change(key, [1]);
  };
  expect(await cost("seldom", 2)).toBeLessThan(2 * entries);
  expect(await cost("often", 20)).toBeGreaterThan(2 * entries);
});

it("a map of integers goes to pages at its first change behind its return from the local store, once values had to leave memory", async () => {
  const place = await storePlace();
  const backend = await place.open(false);
  const { map } = backend.states(declarations);
  const [maps, entries] = [400, 600];
  const cost = async (checkpointId: number): Promise<number> => {
    backend.setCurrentKey("k0");
    map.put(1, checkpointId);
    return sizeOf(await checkpoint(backend, checkpointId));
  };
  for (let n = 0; n < maps; n++) {
    backend.setCurrentKey(`k${n}`);
    for (let key = 0; key < entries; key++) map.put(key, key);
    if (n === 0) await checkpoint(backend, 1);
    // There is room for all of them: it stays as it is.
    if (n === 0) expect(await cost(2)).toBeGreaterThan(2 * entries);
  }
  await checkpoint(backend, 3);
  for (let n = maps - 1; n > 0; n--) {
    backend.setCurrentKey(`k${n}`);
    expect(map.get(n)).toBe(n);
  }
  await cost(4);
  expect(await cost(5)).toBeLessThan(2 * entries);
  backend.setCurrentKey("k0");
  expect([...map.keys()]).toHaveLength(entries);
});

it("what is there all the time comes once while a map that was written in the first format becomes small", async () => {
  const backend = createHeapBackend(options);
  await backend.restore(stream([await readFile(new URL("fixtures/map-in-pages-1.records", import.meta.url))]));
  const { map } = backend.states(declarations);
  backend.setCurrentKey("k");
  const all = [...map.keys()].toSorted((a, b) => a - b);
  const walked: number[] = [];
  for (const id of map.keys()) {
    walked.push(id);
    map.remove(id);
  }
  expect(walked.toSorted((a, b) => a - b)).toEqual(all);
  expect(map.isEmpty()).toBe(true);
});
