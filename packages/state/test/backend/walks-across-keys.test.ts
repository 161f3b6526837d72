import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import { describe, expect, it } from "vitest";
import { createHeapBackend, createStoreBackend } from "../../src/index.ts";
import { checkpoint, options, storePlace } from "./open-store.ts";

/** As an edit does it: `for (const [friend] of friends.entries()) { setKey(friend); … }`. */
describe("a walk over a map while other keys become current", () => {
  it("removes what has expired from that map alone", () => {
    let now = 0;
    const backend = createHeapBackend({ ...options, now: () => now });
    const { map } = backend.states({ map: state.map(t.string(), t.integer(), { ttlMs: 10 }) });
    backend.setCurrentKey("a");
    for (const key of ["w", "x", "y"]) map.put(key, 1);
    now = 5;
    for (const key of ["w", "y"]) map.put(key, 2);
    backend.setCurrentKey("b");
    map.put("x", 3);
    now = 11;
    backend.setCurrentKey("a");
    const entries = map.entries();
    backend.setCurrentKey("b");
    expect([...entries]).toEqual([
      ["w", 2],
      ["y", 2],
    ]);
    expect(map.get("x")).toBe(3);
    backend.setCurrentKey("a");
    expect([...map.keys()]).toEqual(["w", "y"]);
  });

  it("refreshes what it reads in that map alone", () => {
    let now = 0;
    const backend = createHeapBackend({ ...options, now: () => now });
    const { map } = backend.states({ map: state.map(t.string(), t.integer(), { ttlMs: 10, update: "onReadAndWrite" }) });
    backend.setCurrentKey("a");
    for (const key of ["x", "y"]) map.put(key, 1);
    now = 8;
    for (const key of map.keys()) backend.setCurrentKey(key);
    for (const key of ["x", "y"]) {
      backend.setCurrentKey(key);
      expect(map.isEmpty()).toBe(true);
    }
    backend.setCurrentKey("a");
    now = 15;
    expect([...map.values()]).toEqual([1, 1]);
  });

  it("writes nothing back that was changed or removed since it began", () => {
    const backend = createHeapBackend(options);
    const { map } = backend.states({ map: state.map(t.string(), t.integer(), { ttlMs: 10, update: "onReadAndWrite" }) });
    backend.setCurrentKey("a");
    for (const key of ["x", "y", "z"]) map.put(key, 1);
    for (const key of map.keys()) {
      if (key !== "x") continue;
      map.put("y", 2);
      map.remove("z");
    }
    expect([...map.entries()]).toEqual([
      ["x", 1],
      ["y", 2],
    ]);
  });

  it("goes on where the map was let go, also when it has become small", async () => {
    const place = await storePlace();
    const backend = await createStoreBackend({
      ...options,
      store: place.store,
      filled: false,
      cacheBytesMax: () => 100,
      apply: (_id, header, chunks) => place.store.add("operator", header, chunks),
    });
    const { map, other } = backend.states({ map: state.map(t.integer(), t.integer()), other: state.value(t.integer()) });
    backend.setCurrentKey("a");
    const keys = Array.from({ length: 2_000 }, (_, n) => n * 8);
    for (const key of keys) map.put(key, 1);
    await checkpoint(backend, 1);
    backend.setCurrentKey("a");
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      backend.setCurrentKey(`k${key}`);
      other.update(1);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(keys);

    backend.setCurrentKey("a");
    const again: number[] = [];
    for (const key of map.keys()) {
      again.push(key);
      if (again.length !== 1_000) continue;
      const stay = new Set([...again.slice(0, 10), ...keys.filter((one) => !again.includes(one)).slice(-20)]);
      for (const one of keys) if (!stay.has(one)) map.remove(one);
      await checkpoint(backend, 2);
      for (let n = 0; n < 500; n++) {
        backend.setCurrentKey(`l${n}`);
        other.update(1);
      }
    }
    expect(new Set(again).size).toBe(again.length);
    backend.setCurrentKey("a");
    const left = [...map.keys()];
    expect(left.length).toBe(30);
    for (const key of left) expect(again).toContain(key);
  });
});
