import { t } from "@millrace/codec";
import { type Key, type KeyedStateBackend, type StateHandles, state } from "@millrace/contracts";
import { expect } from "vitest";
import type { Operation } from "./operations.ts";

/** The states that a history changes, beside its cells and timers. */
export const declarations = {
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

/** The backend with its states declared, and its content as plain data. */
export class Opened {
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
