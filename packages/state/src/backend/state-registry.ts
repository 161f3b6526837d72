import type { Codec } from "@millrace/codec";
import type { Namespace, NamespaceCodec, StateDeclaration, TimerTarget } from "@millrace/contracts";
import { assert, MillraceError } from "@millrace/core";
import type { KeyIndex } from "../cells/key-index.ts";
import type { Slots } from "../cells/slots.ts";
import { Table } from "../cells/table.ts";
import type { TableContext } from "../cells/table-context.ts";
import { plainFormat } from "../cells/value-format.ts";
import type { StateEntry } from "../format/file-header.ts";
import { type OpenState, openState } from "../handles/open-state.ts";
import { KeyedTimers } from "../timers/timer-service.ts";
import type { RawRecords } from "./raw-records.ts";

interface Declared {
  readonly entry: StateEntry;
  readonly table: Table<unknown>;
  readonly open: OpenState | undefined;
}

/** The states and timers of one operator, by name, and what was restored for names not yet declared. */
export class StateRegistry {
  readonly #context: TableContext;
  readonly #now: () => number;
  readonly #raw: RawRecords;
  readonly #tracks: boolean;
  readonly #tables: Table<unknown>[] = [];
  readonly #expiring: OpenState[] = [];
  readonly #states = new Map<string, Declared>();
  readonly #timers = new Map<string, KeyedTimers>();

  constructor(context: TableContext, now: () => number, raw: RawRecords, tracks: boolean) {
    this.#context = context;
    this.#now = now;
    this.#raw = raw;
    this.#tracks = tracks;
  }

  get services(): Iterable<KeyedTimers> {
    return this.#timers.values();
  }

  /** Of all states. */
  get slots(): Slots {
    return this.#context.slots;
  }

  get tables(): readonly Table<unknown>[] {
    return this.#tables;
  }

  /** States that expire. */
  get expiring(): readonly OpenState[] {
    return this.#expiring;
  }

  /** The table of a state that has been opened. */
  table(name: string): Table<unknown> {
    const declared = this.#states.get(name);
    assert(declared !== undefined, `the state "${name}" is opened before it is walked over`);
    return declared.table;
  }

  /** For the header of a file. */
  get entries(): readonly StateEntry[] {
    const timers = [...this.#timers.values()].map(timersEntry);
    return [...[...this.#states.values()].map(({ entry }) => entry), ...timers, ...this.#raw.entries];
  }

  /** The state of that name; the same declaration again gives the same state. `index`: as `TableOptions.index`. */
  state(name: string, declaration: StateDeclaration, namespaceCodec: NamespaceCodec<Namespace>, index?: KeyIndex): OpenState {
    const open = openState(declaration, { context: this.#context, name, namespaceCodec, now: this.#now, index });
    const known = this.#add(open.table, `${open.table.format.kind}${ttlText(declaration)}`, namespaceCodec, open);
    if (known.open === undefined) throw duplicate(name, this.#context.uid);
    return known.open;
  }

  cells<V>(name: string, codec: Codec<V>, namespaceCodec: NamespaceCodec<Namespace>): Table<V> {
    const table = new Table<V>(this.#context, { name, format: plainFormat("cells", codec), namespaceCodec, indexed: true });
    return this.#add(table as Table<unknown>, "cells", namespaceCodec, undefined).table as Table<V>;
  }

  timers(name: string, codec: NamespaceCodec<Namespace>, target: TimerTarget<Namespace>): KeyedTimers {
    if (this.#timers.has(name)) throw duplicate(name, this.#context.uid);
    const { scope, changes, uid } = this.#context;
    const timers = new KeyedTimers(name, codec, target, { scope, epoch: () => changes.epoch, tracks: this.#tracks });
    this.#raw.check(timersEntry(timers), uid);
    this.#timers.set(name, timers);
    this.#loadTimers(timers);
    return timers;
  }

  /** Hands restored records to what has been declared already. */
  loadRestored(): void {
    for (const { entry, table } of this.#states.values()) this.#load(entry, table);
    for (const timers of this.#timers.values()) this.#loadTimers(timers);
  }

  #add(table: Table<unknown>, kind: string, namespaceCodec: NamespaceCodec<Namespace>, open: OpenState | undefined): Declared {
    const entry: StateEntry = { name: table.name, kind, fingerprint: `${table.format.fingerprint}/${namespaceCodec.fingerprint}` };
    const known = this.#states.get(table.name);
    if (known !== undefined) {
      if (known.entry.kind !== entry.kind || known.entry.fingerprint !== entry.fingerprint) throw duplicate(table.name, this.#context.uid);
      return known;
    }
    for (const other of this.#states.values()) if (other.table.id === table.id) throw clash(table.name, other.table.name, this.#context.uid);
    this.#raw.check(entry, this.#context.uid);
    const declared = { entry, table, open };
    this.#states.set(table.name, declared);
    this.#tables.push(table);
    if (open?.cleaner !== undefined) this.#expiring.push(open);
    this.#load(entry, table);
    return declared;
  }

  #load(entry: StateEntry, table: Table<unknown>): void {
    this.#raw.check(entry, this.#context.uid);
    this.#raw.takeCells(
      table.name,
      table.id,
      (key, value) => table.load(key, value),
      (key, value) => table.loadPage(key, value),
    );
  }

  #loadTimers(timers: KeyedTimers): void {
    this.#raw.check(timersEntry(timers), this.#context.uid);
    this.#raw.takeTimers(timers.name, timers.id, (key) => timers.load(key));
  }
}

function timersEntry(timers: KeyedTimers): StateEntry {
  return { name: `timers ${timers.name}`, kind: "timers", fingerprint: timers.fingerprint };
}

/** Values with a time to live are written with their times; how long they live may change. */
function ttlText(declaration: StateDeclaration): string {
  return declaration.ttl === undefined ? "" : "+ttl";
}

function duplicate(name: string, uid: string): MillraceError {
  return new MillraceError("STATE_DUPLICATE", `the state name "${name}" is used twice in one operator, with different declarations`, {
    hint: "give each state of an operator a name of its own",
    where: { uid },
  });
}

function clash(name: string, other: string, uid: string): MillraceError {
  return new MillraceError("STATE_DUPLICATE", `the state names "${name}" and "${other}" can't be told apart in snapshots`, {
    hint: "rename one of them",
    where: { uid },
  });
}
