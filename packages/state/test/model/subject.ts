import { t } from "@millrace/codec";
import {
  type CellTable,
  type Key,
  type KeyedStateBackend,
  type NamespacedState,
  type StateHandles,
  state,
  type TimerService,
} from "@millrace/contracts";
import { type Contents, elements, emptyContents, timerName } from "./model.ts";
import { type Domain, KEYS, type Step } from "./steps.ts";

/** How the numbers of keys look as keys of each kind. */
export const keyKinds = {
  number: (key: number): Key => key * 1.5,
  integer: (key: number): Key => key - 3,
  string: (key: number): Key => `key ${key} with a text that is long enough to be cut from another`,
  bigint: (key: number): Key => BigInt(key) << 60n,
  boolean: (key: number): Key => key % 2 === 0,
  tuple: (key: number): Key => [`a:${key}`, key, key > 2],
} as const;

const declarations = {
  value: state.value(t.integer()),
  list: state.list(t.integer()),
  map: state.map(t.integer(), t.integer()),
  reducing: state.reducing(t.integer(), (a, b) => a + b),
  aggregating: state.aggregating(t.array(t.integer()), {
    createAccumulator: (): number[] => [],
    // In place, so that a barrier that shares the accumulator would show.
    add(n: number, all: number[]) {
      all.push(n);
      return all;
    },
    getResult: (all: number[]) => [...all],
  }),
};
const spaceList = state.list(t.integer());

/** A backend with its states open, driven by steps. */
export class Subject {
  readonly backend: KeyedStateBackend;
  readonly #keyOf: (key: number) => Key;
  readonly #handles: StateHandles<typeof declarations>;
  readonly #cells: CellTable<number, number[]>;
  readonly #spaces: NamespacedState<string, typeof spaceList>;
  readonly #timers: TimerService<string>;
  #fired: string[] = [];

  constructor(backend: KeyedStateBackend, keyOf: (key: number) => Key) {
    this.backend = backend;
    this.#keyOf = keyOf;
    this.#handles = backend.states(declarations);
    this.#cells = backend.cells("cells", t.array(t.integer()), t.integer());
    this.#spaces = backend.namespaced("spaces", spaceList, t.string());
    const fired = (domain: Domain, time: number, space: string): void => {
      this.#fired.push(timerName(domain, this.#keyNumber(), Number(space), time));
    };
    this.#timers = backend.timers("timers", t.string(), {
      onEventTime: (time, space) => fired("event", time, space),
      onProcessingTime: (time, space) => fired("processing", time, space),
    });
  }

  /** Does the step; for those with an open outcome, tells `contents` what came of it. */
  run(step: Step, contents: Contents): void {
    if ("key" in step) this.backend.setCurrentKey(this.#keyOf(step.key));
    const { value, list, reducing, aggregating } = this.#handles;
    switch (step.do) {
      case "update":
        value.update(step.n);
        break;
      case "refresh": {
        const held = value.value();
        if (held !== undefined) value.update(held + step.n);
        break;
      }
      case "reduce":
        reducing.add(step.n);
        break;
      case "aggregate":
        aggregating.add(step.n);
        break;
      case "append":
        if (step.count === 1) list.add(step.n);
        else list.addAll(elements(step.n, step.count));
        break;
      case "replace":
        list.update(elements(0, step.count));
        break;
      default:
        this.#runMore(step, contents);
    }
  }

  #runMore(step: Step, contents: Contents): void {
    switch (step.do) {
      case "put":
      case "remove":
        this.#changeMap(step);
        break;
      case "clear":
        if (step.what === "space") for (const space of [0, 1, 2]) this.#spaces.of(String(space)).clear();
        else this.#handles[step.what].clear();
        break;
      case "cell": {
        const cells = this.#cells.of(step.space);
        const held = cells.get() ?? [];
        held.push(step.n);
        cells.put(held);
        break;
      }
      case "drop":
        this.#cells.of(step.space).remove();
        break;
      case "drain":
        this.#drain(step, contents);
        break;
      case "space":
        this.#spaces.of(String(step.space)).add(step.n);
        break;
      case "advance":
        this.#advance(step, contents);
        break;
      case "set":
        if (step.domain === "event") this.#timers.registerEventTime(String(step.space), step.time);
        else this.#timers.registerProcessingTime(String(step.space), step.time);
        break;
      case "unset":
        if (step.domain === "event") this.#timers.deleteEventTime(String(step.space), step.time);
        else this.#timers.deleteProcessingTime(String(step.space), step.time);
        break;
      default:
    }
  }

  #changeMap(step: Step & { readonly do: "put" | "remove" }): void {
    const { map } = this.#handles;
    for (let field = step.from; field < step.from + step.count; field++) {
      if (step.do === "put") map.put(field, field + step.count);
      else map.remove(field);
    }
  }

  #drain(step: Step & { readonly do: "drain" }, contents: Contents): void {
    const space = contents.cells[step.space] ?? {};
    let left = step.take;
    const done = this.#cells.of(step.space).drain((held) => {
      const key = this.#keyNumber();
      if (JSON.stringify(space[key]) !== JSON.stringify(held))
        throw new Error(`drained ${JSON.stringify(held)} of key ${key}, not ${JSON.stringify(space[key])}`);
      delete space[key];
      return --left > 0;
    });
    if (done && Object.keys(space).length > 0) throw new Error("drained all, but entries are left");
  }

  #advance(step: Step & { readonly do: "advance" }, contents: Contents): void {
    this.#fired = [];
    let left = step.limit;
    const shouldYield = (): boolean => --left === 0;
    const done =
      step.domain === "event" ? this.#timers.advanceEventTime(step.time, shouldYield) : this.#timers.advanceProcessingTime(step.time, shouldYield);
    const times = this.#fired.map((name) => Number(name.split("/")[3]));
    for (const [index, name] of this.#fired.entries()) {
      if (!contents.timers.delete(name)) throw new Error(`${name} fired and was not set`);
      if ((times[index] ?? 0) > step.time || (times[index] ?? 0) < (times[index - 1] ?? 0)) throw new Error(`${name} fired out of order`);
    }
    const due = [...contents.timers].filter((name) => name.startsWith(step.domain) && Number(name.split("/")[3]) <= step.time);
    if (done && due.length > 0) throw new Error(`${due[0]} did not fire`);
  }

  /** Everything that can be read. Timers are counted only; their names come with `drainTimers`. */
  read(): Contents {
    const contents = emptyContents();
    for (const key of elements(0, KEYS)) {
      this.backend.setCurrentKey(this.#keyOf(key));
      this.#readKey(key, contents);
    }
    return contents;
  }

  get timers(): number {
    return this.#timers.eventTimers + this.#timers.processingTimers;
  }

  /** Fires all timers; their names. */
  drainTimers(): Set<string> {
    this.#fired = [];
    this.#timers.advanceEventTime(Number.POSITIVE_INFINITY, () => false);
    this.#timers.advanceProcessingTime(Number.POSITIVE_INFINITY, () => false);
    return new Set(this.#fired);
  }

  #readKey(key: number, contents: Contents): void {
    const { value, list, map, reducing, aggregating } = this.#handles;
    const held = value.value();
    if (held !== undefined) contents.value[key] = held;
    contents.list[key] = list.get();
    const entries = [...map.entries()];
    contents.map[key] = new Map(entries);
    if (entries.length !== contents.map[key].size || map.isEmpty() !== (entries.length === 0))
      throw new Error("a map tells of an entry twice, or not at all");
    for (const [field, n] of entries) if (map.get(field) !== n || !map.has(field)) throw new Error(`entry ${field} is listed but not found`);
    const sum = reducing.get();
    if (sum !== undefined) contents.reducing[key] = sum;
    const all = aggregating.get();
    if (all !== undefined) contents.aggregating[key] = all;
    for (const space of [0, 1, 2]) {
      const cell = this.#cells.has(space) ? this.#cells.of(space).get() : undefined;
      if (cell !== undefined) Object.assign(contents.cells[space] ?? {}, { [key]: [...cell] });
      Object.assign(contents.spaces[space] ?? {}, { [key]: this.#spaces.of(String(space)).get() });
    }
  }

  #keyNumber(): number {
    const current = JSON.stringify(this.backend.currentKey(), (_, part) => (typeof part === "bigint" ? `${part}n` : part));
    const key = elements(0, KEYS).find(
      (number) => JSON.stringify(this.#keyOf(number), (_, part) => (typeof part === "bigint" ? `${part}n` : part)) === current,
    );
    if (key === undefined) throw new Error(`${current} is no key`);
    return key;
  }
}
