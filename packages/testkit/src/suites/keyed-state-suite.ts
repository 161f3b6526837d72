import { t } from "@millrace/codec";
import { type Key, state } from "@millrace/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { history } from "./keyed-state/history.ts";
import { declarations, Opened } from "./keyed-state/opened.ts";
import { operation } from "./keyed-state/operations.ts";
import { snapshot } from "./keyed-state/snapshot.ts";
import type { KeyedStateSubject } from "./keyed-state/subject.ts";

/** What every keyed state backend must hold; run by each. */
export function keyedStateSuite(name: string, make: () => KeyedStateSubject): void {
  const kinds: Record<string, (n: number) => Key> = {
    number: (n) => n,
    string: (n) => `k${n}`,
    tuple: (n) => [`k${n % 2}`, n],
    bigint: (n) => BigInt(n),
  };
  describe(`keyed state: ${name}`, () => {
    for (const [kind, keyOf] of Object.entries(kinds)) {
      it(`comes back from crashes as the last completed checkpoint had it, whatever happened around barriers (${kind} keys)`, async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(operation, { maxLength: 80 }), async (steps) => {
            const subject = make();
            try {
              await history(subject, steps, keyOf);
            } finally {
              await subject.close();
            }
          }),
          { numRuns: 40 },
        );
      });
    }
    it("is dealt out by key groups when the parallelism changes, every key once", async () => {
      const subject = make();
      const opened = new Opened(await subject.open(), kinds.string as (n: number) => Key);
      for (let i = 0; i < 5; i++) opened.apply({ kind: "value", key: i, n: i });
      for (let i = 0; i < 5; i++) opened.apply({ kind: "timer", key: i, time: i });
      const chain = [await snapshot(opened.backend, 1, true)];
      await opened.backend.complete(1);
      const parts = await Promise.all(
        [0, 1, 2]
          .map((part) => subject.restore(chain, { start: part * 43, end: Math.min(127, part * 43 + 42) }))
          .map(async (backend) => new Opened(await backend, kinds.string as (n: number) => Key).content()),
      );
      expect(parts.flatMap((part) => part.keys).filter((content) => content.value !== undefined)).toHaveLength(5);
      expect(parts.reduce((sum, part) => sum + part.timers, 0)).toBe(5);
      await subject.close();
    });
    it("walks over each entry once, stops when it is told to and goes on behind that entry", async () => {
      const subject = make();
      const backend = await subject.open();
      const cells = backend.cells("cells", t.integer(), t.integer()).of(0);
      for (let i = 0; i < 6; i++) {
        backend.setCurrentKey(i);
        cells.put(i * 10);
      }
      const seen: unknown[] = [];
      const visit = (value: number): boolean => {
        seen.push([backend.currentKey(), value]);
        if (value === 10) cells.remove();
        return seen.length % 4 !== 0;
      };
      expect([cells.walk(visit), cells.walk(visit)]).toEqual([false, true]);
      expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i, i * 10]));
      expect(cells.size).toBe(5);
      expect(cells.walk(() => true)).toBe(true);
      await subject.close();
    });
    it("refuses keys of another kind, objects and NaN", async () => {
      const subject = make();
      const backend = await subject.open();
      backend.setCurrentKey("a");
      for (const bad of [1, { a: 1 }, Number.NaN, null])
        expect(() => backend.setCurrentKey(bad as never)).toThrow(expect.objectContaining({ code: "STATE_KEY" }));
      await subject.close();
    });
    it("refuses a state name that is declared twice", async () => {
      const subject = make();
      const backend = await subject.open();
      backend.states({ twice: state.value(t.integer()) });
      expect(() => backend.states({ twice: state.list(t.string()) })).toThrow(expect.objectContaining({ code: "STATE_DUPLICATE" }));
      await subject.close();
    });
    it("may be changed for each key that has some, wherever it lies", async () => {
      const subject = make();
      const opened = new Opened(await subject.open(), kinds.string as (n: number) => Key);
      for (let key = 0; key < 5; key++) opened.apply({ kind: "sum", key, n: key });
      const chain = [await snapshot(opened.backend, 1, true)];
      await opened.backend.complete(1);
      const { backend } = new Opened(await subject.reopen(chain), kinds.string as (n: number) => Key);
      backend.setCurrentKey("k9");
      const { sum } = backend.states({ sum: declarations.sum });
      backend.forEachKey("sum", () => (sum.get() === 2 ? sum.clear() : sum.add(10)));
      expect(backend.currentKey()).toBe("k9");
      const found: string[] = [];
      backend.forEachKey("sum", () => found.push(`${String(backend.currentKey())} ${sum.get()}`));
      expect(found.sort()).toEqual(["k0 10", "k1 11", "k3 13", "k4 14"]);
      await subject.close();
    });
    it("is empty when everything has been removed", async () => {
      const subject = make();
      const opened = new Opened(await subject.open(), kinds.number as (n: number) => Key);
      expect(opened.backend.isEmpty()).toBe(true);
      for (const step of [
        { kind: "value", key: 1, n: 1 },
        { kind: "cell", key: 1, window: 1, n: 1 },
        { kind: "timer", key: 1, time: 3 },
      ] as const)
        opened.apply(step);
      expect(opened.backend.isEmpty()).toBe(false);
      opened.apply({ kind: "clear", key: 1, field: "a" });
      opened.apply({ kind: "drain", window: 1, take: 9 });
      opened.apply({ kind: "advance", time: 9 });
      expect(opened.backend.isEmpty()).toBe(true);
      await subject.close();
    });
  });
}
