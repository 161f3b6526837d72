import { t } from "@millrace/codec";
import { state } from "@millrace/contracts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";
import { encodeAll } from "../model/history.ts";
import { checkpoint, options, sizeOf, stream } from "./open-store.ts";

describe("values in state", () => {
  it("keep NaN, −0, undefined fields and empty collections over a snapshot", async () => {
    const declarations = {
      any: state.value(t.any()),
      number: state.value(t.number()),
      list: state.list(t.any()),
      map: state.map(t.number(), t.any()),
    };
    const backend = createHeapBackend(options);
    const handles = backend.states(declarations);
    backend.setCurrentKey("k");
    const any = { nan: Number.NaN, zero: -0, none: undefined, nothing: null, list: [], map: new Map(), big: 1n << 80n };
    handles.any.update(any);
    handles.number.update(-0);
    handles.list.addAll([Number.NaN, undefined, null, ""]);
    handles.map.put(Number.NaN, -0);
    handles.map.put(1, undefined);
    const file = await checkpoint(backend, 1, true);

    const restored = createHeapBackend(options);
    await restored.restore(stream(file));
    const again = restored.states(declarations);
    restored.setCurrentKey("k");
    expect(again.any.value()).toStrictEqual(any);
    expect(again.number.value()).toBe(-0);
    expect(again.list.get()).toStrictEqual([Number.NaN, undefined, null, ""]);
    expect(again.map.get(Number.NaN)).toBe(-0);
    expect(again.map.has(1)).toBe(true);
    expect(again.map.get(1)).toBeUndefined();
  });

  it("that are no primitives are no keys of a map, however small it is", () => {
    const keyed = t.converted("day", t.integer(), { toData: (day: Date) => day.getTime(), fromData: (time) => new Date(time) });
    const backend = createHeapBackend(options);
    const handles = backend.states({ any: state.map(t.any(), t.integer()), byDay: state.map(keyed, t.integer(), { ttlMs: 1_000 }) });
    backend.setCurrentKey("k");
    for (const map of [handles.any, handles.byDay] as const) {
      const key = new Date(0);
      for (const use of [() => map.put(key, 1), () => map.get(key), () => map.has(key), () => map.putAll([[key, 1]])]) {
        expect(use).toThrow(expect.objectContaining({ code: "STATE_MAP_KEY" }));
      }
      expect(map.isEmpty()).toBe(true);
    }
    handles.any.put("a", 1);
    handles.any.put(7n, 2);
    expect([handles.any.get("a"), handles.any.has(7n), handles.any.get(7)]).toEqual([1, true, undefined]);
  });

  it("are refused where they are written when their codec refuses them, with operator, state and key", () => {
    const backend = createHeapBackend(options);
    const { count } = backend.states({ count: state.value(t.object({ n: t.integer() })) });
    backend.setCurrentKey("k");
    expect(() => count.update({ n: "one" as unknown as number })).toThrow(
      expect.objectContaining({
        code: "CODEC_TYPE",
        message: expect.stringContaining("count"),
        where: expect.objectContaining({ uid: "operator", key: '"k"' }),
      }),
    );
  });

  it("made and removed between two barriers leave no record", async () => {
    const backend = createHeapBackend(options);
    const { value, list, map } = backend.states({
      value: state.value(t.integer()),
      list: state.list(t.integer()),
      map: state.map(t.integer(), t.integer()),
    });
    const cells = backend.cells("cells", t.integer(), t.integer());
    for (let key = 0; key < 3000; key++) {
      backend.setCurrentKey(key);
      value.update(1);
      list.addAll(Array.from({ length: 200 }, (_, n) => n));
      for (let field = 0; field < 100; field++) map.put(field, 1);
      const space = cells.of(7);
      space.put(1);
      value.clear();
      list.clear();
      map.clear();
    }
    cells.of(7).drain(() => true);
    expect(backend.isEmpty()).toBe(true);
    expect(backend.usage.entries).toBe(0);
    backend.freeze(1, false);
    while (!backend.encodeSlice(1));
    expect(backend.takeDelta().records).toBe(0);
  });

  it("of one entry of a large map, or one element of a long list, cost a page", async () => {
    const backend = createHeapBackend(options);
    const { list, map } = backend.states({ list: state.list(t.integer()), map: state.map(t.integer(), t.integer()) });
    backend.setCurrentKey("k");
    for (let n = 0; n < 20_000; n++) {
      list.add(n);
      map.put(n, n);
    }
    const whole = await checkpoint(backend, 1, true);
    list.add(1);
    map.put(77, 78);
    const delta = await checkpoint(backend, 2);
    expect(sizeOf(delta)).toBeLessThan(1500);
    expect(sizeOf(whole)).toBeGreaterThan(100_000);

    const restored = createHeapBackend(options);
    await restored.restore(stream(whole, delta));
    const again = restored.states({ list: state.list(t.integer()), map: state.map(t.integer(), t.integer()) });
    restored.setCurrentKey("k");
    expect(again.list.get()).toHaveLength(20_001);
    expect(again.map.get(77)).toBe(78);
  });
});

describe("an iteration over map state", () => {
  it("gives every entry that is there all the time once, whatever is put and removed meanwhile", () => {
    const change = fc.record({ at: fc.nat(800), put: fc.boolean(), from: fc.nat(1_000), count: fc.nat(600) });
    fc.assert(
      fc.property(fc.nat(800), fc.array(change, { maxLength: 6 }), (size, changes) => {
        const backend = createHeapBackend(options);
        const { map } = backend.states({ map: state.map(t.integer(), t.integer()) });
        backend.setCurrentKey("k");
        for (let field = 0; field < size; field++) map.put(field, 0);
        const touched = new Set<number>();
        const seen = new Map<number, number>();
        let visited = 0;
        for (const [field] of map.entries()) {
          seen.set(field, (seen.get(field) ?? 0) + 1);
          for (const { put, from, count } of changes.filter(({ at }) => at === visited)) {
            for (let other = from; other < from + count; other++) {
              touched.add(other);
              if (put) map.put(other, 1);
              else map.remove(other);
            }
          }
          visited++;
        }
        for (const times of seen.values()) expect(times).toBe(1);
        for (let field = 0; field < size; field++) if (!touched.has(field)) expect(seen.get(field)).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a barrier", () => {
  it("keeps later changes of an accumulator out of the snapshot", async () => {
    const sum = state.aggregating(t.array(t.integer()), {
      createAccumulator: (): number[] => [],
      add(n: number, all: number[]) {
        all.push(n);
        return all;
      },
      getResult: (all: number[]) => all.length,
    });
    const backend = createHeapBackend(options);
    const { count } = backend.states({ count: sum });
    backend.setCurrentKey("k");
    count.add(1);
    backend.freeze(1, false);
    count.add(2);
    const file = await encodeAll(backend);
    const restored = createHeapBackend(options);
    await restored.restore(stream(file));
    const again = restored.states({ count: sum });
    restored.setCurrentKey("k");
    expect(again.count.get()).toBe(1);
    expect(count.get()).toBe(2);
  });
});
