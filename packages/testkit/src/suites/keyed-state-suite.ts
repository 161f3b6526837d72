import { t } from "@millrace/codec";
import { type EncodedState, type Key, type KeyedStateBackend, type KeyGroupRange, type StateHandles, state } from "@millrace/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** How the suite opens the backend under test, anew or from what completed checkpoints left. */
export interface KeyedStateSubject {
  /** Nothing is there yet. */
  open(): Promise<KeyedStateBackend>;
  /** The process crashed: opens again from the chain of completed snapshots, base first. A local store may still be there. */
  reopen(chain: readonly EncodedState[]): Promise<KeyedStateBackend>;
  /** From the chains alone, for a range of key groups; as after a change of parallelism. */
  restore(chain: readonly EncodedState[], keyGroups: KeyGroupRange): Promise<KeyedStateBackend>;
  close(): Promise<void>;
}

const declarations = {
  value: state.value(t.any()),
  list: state.list(t.integer()),
  map: state.map(t.string(), t.integer()),
  sum: state.reducing(t.integer(), (a, b) => a + b),
};

/** One key's state as plain data. */
interface Content {
  value: unknown;
  list: number[];
  map: Record<string, number>;
  sum: number | undefined;
  cells: Record<string, number>;
}

type Operation =
  | { readonly kind: "value" | "list" | "sum"; readonly key: number; readonly n: number }
  | { readonly kind: "map"; readonly key: number; readonly field: string; readonly n: number }
  | { readonly kind: "cell"; readonly key: number; readonly window: number; readonly n: number }
  | { readonly kind: "clear" | "unmap"; readonly key: number; readonly field: string }
  | { readonly kind: "drain" | "walk"; readonly window: number; readonly take: number }
  | { readonly kind: "timer" | "untimer"; readonly key: number; readonly time: number }
  | { readonly kind: "advance"; readonly time: number }
  | { readonly kind: "freeze"; readonly full: boolean }
  | { readonly kind: "slice" | "complete" | "abort" | "crash" };

const key = fc.nat(4);
const n = fc.integer({ min: -9, max: 9 });
const window = fc.nat(2);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("value" as const, "list" as const, "sum" as const), key, n }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("map" as const), key, field: fc.constantFrom("a", "b"), n }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("cell" as const), key, window, n }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("clear" as const, "unmap" as const), key, field: fc.constantFrom("a", "b") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("drain" as const, "walk" as const), window, take: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("timer" as const, "untimer" as const), key, time: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), time: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("freeze" as const), full: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("slice" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("complete" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("abort" as const, "crash" as const) }) },
);

/** The backend with its states declared, and its content as plain data. */
class Opened {
  readonly backend: KeyedStateBackend;
  readonly fired: string[] = [];
  readonly #handles: StateHandles<typeof declarations>;
  readonly #cells;
  readonly #timers;
  readonly #keyOf: (n: number) => Key;

  constructor(backend: KeyedStateBackend, keyOf: (n: number) => Key) {
    this.backend = backend;
    this.#keyOf = keyOf;
    this.#handles = backend.states(declarations);
    this.#cells = backend.cells("cells", t.integer(), t.integer());
    this.#timers = backend.timers("timers", t.integer(), {
      onEventTime: (time) => this.fired.push(`${String(backend.currentKey())}@${time}`),
      onProcessingTime: () => undefined,
    });
  }

  apply(step: Operation): void {
    if ("key" in step) this.backend.setCurrentKey(this.#keyOf(step.key));
    const { value, list, map, sum } = this.#handles;
    switch (step.kind) {
      case "value":
        value.update({ n: step.n, nested: [step.n, Number.NaN] });
        return;
      case "list":
        list.add(step.n);
        return;
      case "sum":
        sum.add(step.n);
        return;
      case "map":
        map.put(step.field, step.n);
        return;
      case "unmap":
        map.remove(step.field);
        return;
      case "clear":
        value.clear();
        list.clear();
        sum.clear();
        return;
      case "cell": {
        const cells = this.#cells.of(step.window);
        cells.put((cells.get() ?? 0) + step.n);
        return;
      }
      case "drain": {
        let left = step.take;
        this.#cells.of(step.window).drain(() => --left > 0);
        return;
      }
      case "walk": {
        let left = step.take;
        const cells = this.#cells.of(step.window);
        cells.walk((value) => {
          if (value % 3 === 0) cells.remove();
          else cells.put(value + 1);
          return --left > 0;
        });
        return;
      }
      case "timer":
        this.#timers.registerEventTime(step.time % 2, step.time);
        return;
      case "untimer":
        this.#timers.deleteEventTime(step.time % 2, step.time);
        return;
      case "advance":
        this.#timers.advanceEventTime(step.time, () => false);
    }
  }

  /** All that is held; what a walk over the keys of a state visits must be that. */
  content(): { keys: Content[]; timers: number } {
    const walks = [this.#walk("value", ({ value }) => value.value()), this.#walk("list", ({ list }) => list.get())];
    const keys = [0, 1, 2, 3, 4].map((number): Content => {
      this.backend.setCurrentKey(this.#keyOf(number));
      const { value, list, map, sum } = this.#handles;
      const cells: Record<string, number> = {};
      for (const at of [0, 1, 2]) {
        const held = this.#cells.has(at) ? this.#cells.of(at).get() : undefined;
        if (held !== undefined) cells[at] = held;
      }
      return { value: value.value(), list: list.get(), map: Object.fromEntries([...map.entries()].sort()), sum: sum.get(), cells };
    });
    const held = (of: (content: Content) => unknown): Visit[] =>
      byKey(keys.flatMap((content, key) => (of(content) === undefined ? [] : [[String(this.#keyOf(key)), of(content)]])));
    expect(walks).toEqual([held(({ value }) => value), held(({ list }) => (list.length === 0 ? undefined : list))]);
    return { keys, timers: this.#timers.eventTimers };
  }

  /** Keys with what they hold in a state, in the order of their texts. */
  #walk(name: keyof typeof declarations, read: (handles: StateHandles<typeof declarations>) => unknown): Visit[] {
    const visited: Visit[] = [];
    this.backend.forEachKey(name, () => visited.push([String(this.backend.currentKey()), read(this.#handles)]));
    return byKey(visited);
  }
}

type Visit = [key: string, held: unknown];

function byKey(visits: Visit[]): Visit[] {
  return visits.sort(([a], [b]) => (a < b ? -1 : 1));
}

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

/** Runs the steps; after each crash, and at the end, the content must be that of the last completed freeze. */
async function history(subject: KeyedStateSubject, steps: readonly Operation[], keyOf: (n: number) => Key): Promise<void> {
  let opened = new Opened(await subject.open(), keyOf);
  let chain: EncodedState[] = [];
  let completed = opened.content();
  let frozen: { id: number; full: boolean; content: typeof completed } | undefined;
  let id = 0;
  const crash = async () => {
    opened = new Opened(await subject.reopen(chain), keyOf);
    frozen = undefined;
    expect(opened.content()).toEqual(completed);
  };
  for (const step of steps) {
    if (step.kind === "freeze") {
      if (frozen !== undefined) continue;
      const full = step.full || chain.length === 0;
      frozen = { id: ++id, full, content: opened.content() };
      opened.backend.freeze(frozen.id, full);
    } else if (step.kind === "slice") {
      if (frozen !== undefined) opened.backend.encodeSlice(0);
    } else if (step.kind === "abort") {
      if (frozen !== undefined) opened.backend.abort(frozen.id);
      frozen = undefined;
    } else if (step.kind === "complete") {
      if (frozen === undefined) continue;
      const delta = await encoded(opened.backend);
      chain = frozen.full ? [delta] : [...chain, delta];
      completed = frozen.content;
      await opened.backend.complete(frozen.id);
      frozen = undefined;
    } else if (step.kind === "crash") await crash();
    else opened.apply(step);
  }
  await crash();
}

async function snapshot(backend: KeyedStateBackend, id: number, full: boolean): Promise<EncodedState> {
  backend.freeze(id, full);
  return encoded(backend);
}

async function encoded(backend: KeyedStateBackend): Promise<EncodedState> {
  while (!backend.encodeSlice(0));
  const { chunks, records } = backend.takeDelta();
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk.slice());
  return { chunks: kept, records };
}
