import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { encodeAll } from "../model/history.ts";

const ttl = { ttlMs: 10 };

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
