import { type Codec, createReader, createWriter, t } from "@millrace/codec";
import type {
  BackendOptions,
  BackendUsage,
  CellTable,
  EncodedState,
  Key,
  KeyedStateBackend,
  KeyGroupRange,
  Namespace,
  NamespaceCodec,
  NamespacedState,
  StateDeclaration,
  StateDeclarations,
  StateHandle,
  StateHandles,
  TimerService,
  TimerTarget,
} from "@millrace/contracts";
import { assert, checkKey, keyKind, MillraceError } from "@millrace/core";
import { type MapKey, mapKeyOf, type StateCell } from "./cells/cell.ts";
import type { CellStore } from "./cells/cell-store.ts";
import { ValueTable } from "./cells/cell-table.ts";
import { decodeHead, type Table } from "./cells/table.ts";
import { Frozen } from "./frozen.ts";
import { cellCodec, createHandle } from "./handles/handles.ts";
import { RecordWriter, readRecords, type StateRecord } from "./records.ts";
import { Timers } from "./timers/timer-service.ts";

/** The local store behind the cells, when there is one. */
export interface ColdStore {
  /** A value by its store key; undefined when there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Every record of this operator, as of the last completed checkpoint. */
  records(): AsyncIterable<StateRecord>;
  /** Applies the records of a completed checkpoint; resolves when the store holds it. */
  apply(checkpointId: number, chunks: readonly Uint8Array[]): Promise<void>;
  /** Bound of what stays in memory, in estimated encoded bytes. */
  readonly cacheBytesMax: number;
}

const noNamespace = t.literal(0) as unknown as Codec<number>;
/** Dirty bytes at which a checkpoint is brought forward. */
const dirtyBytesWanted = 32 << 20;

/** A base that is being read from the local store. */
interface BaseOfStore {
  begun: boolean;
  chunks: readonly Uint8Array[] | undefined;
  failure: unknown;
}

/** Keyed state in cells: all in memory, or as a cache in front of a local store. */
export class CellBackend implements KeyedStateBackend, CellStore {
  readonly keyGroups: KeyGroupRange;
  readonly keepsDead: boolean;
  epoch = 1;
  key: Key = 0;
  mapKey: MapKey = 0;
  readonly #options: BackendOptions;
  readonly #cold: ColdStore | undefined;
  readonly #tracks: boolean;
  readonly #tables = new Map<string, Table>();
  readonly #restored = new Map<string, Map<string, StateRecord>>();
  /** The cold store may hold values that are not in memory. */
  #coldFilled = false;
  #hasKey = false;
  #keyKind: string | undefined;
  #keyType: string | undefined;
  #dirty: StateCell<unknown>[] = [];
  #frozen: Frozen | undefined;
  #baseOfStore: BaseOfStore | undefined;
  /** Encoded and waiting for completion. */
  #pending: { readonly checkpointId: number; readonly encoded: EncodedState; readonly cells: readonly StateCell<unknown>[] } | undefined;
  #encodedBytes = 0;
  #encodedRecords = 0;
  readonly #keyWriter = createWriter(128);

  /** `tracks`: what changes is remembered for the next checkpoint; without checkpoints it would be remembered for ever. */
  constructor(options: BackendOptions, cold: ColdStore | undefined, tracks = true) {
    this.#options = options;
    this.#tracks = tracks;
    this.keyGroups = options.keyGroups;
    this.#cold = cold;
    this.keepsDead = cold !== undefined;
  }

  setCurrentKey(key: Key): void {
    if (typeof key === this.#keyType && !Number.isNaN(key)) {
      this.key = key === 0 ? 0 : key;
      this.mapKey = this.key as MapKey;
      this.#hasKey = true;
      return;
    }
    this.setCurrent(this.#checked(key));
  }

  setCurrent(key: Key): void {
    this.key = key;
    this.mapKey = mapKeyOf(key);
    this.#hasKey = true;
  }

  currentKey(): Key {
    if (!this.#hasKey)
      throw new MillraceError("STATE_NO_KEY", "keyed state was used outside of an element or a timer", { where: { uid: this.#options.uid } });
    return this.key;
  }

  states<S extends StateDeclarations>(declarations: S): StateHandles<S> {
    const handles = Object.entries(declarations).map(([name, declaration]) => {
      const table = this.#valueTable("v", name, cellCodec(declaration), noNamespace);
      return [name, createHandle(declaration, { cells: table.of(0) as never }, this.#options.now)];
    });
    return Object.fromEntries(handles) as StateHandles<S>;
  }

  namespaced<N extends Namespace, D extends StateDeclaration>(name: string, declaration: D, codec: NamespaceCodec<N>): NamespacedState<N, D> {
    const table = this.#valueTable("n", name, cellCodec(declaration), codec);
    const inForce = { cells: undefined as never };
    const handle = createHandle(declaration, inForce, this.#options.now) as StateHandle<D>;
    return {
      of(namespace) {
        inForce.cells = table.of(namespace) as never;
        return handle;
      },
    };
  }

  cells<N extends Namespace, V>(name: string, codec: Codec<V>, namespaceCodec: NamespaceCodec<N>): CellTable<N, V> {
    return this.#valueTable("n", name, codec, namespaceCodec);
  }

  timers<N extends Namespace>(name: string, codec: NamespaceCodec<N>, target: TimerTarget<N>): TimerService<N> {
    const timers = new Timers(this, name, codec, target, this.#options.maxParallelism);
    this.#declare(timers);
    return timers;
  }

  isEmpty(): boolean {
    return [...this.#tables.values()].every((table) => table.size === 0);
  }

  // ---- cells ------------------------------------------------------------------------------------

  touch(cell: StateCell<unknown>): void {
    this.#frozen?.capture(cell);
    if (cell.evicted) this.load(cell);
    cell.guard = this.epoch;
    cell.referenced = true;
  }

  changed(cell: StateCell<unknown>): void {
    cell.changed = this.epoch;
    if (this.#tracks) this.#dirty.push(cell);
  }

  mayHold(): boolean {
    return this.#coldFilled;
  }

  load(cell: StateCell<unknown>): void {
    cell.evicted = false;
    const cold = this.#cold;
    assert(cold !== undefined, "only a local store evicts");
    this.#keyWriter.reset();
    cell.table.encodeKey(cell, this.#keyWriter);
    const bytes = cold.get(this.#keyWriter.view());
    if (bytes !== undefined) cell.value = (cell.table as ValueTable<Namespace, unknown>).codec.decode(createReader(bytes));
  }

  // ---- checkpoints ------------------------------------------------------------------------------

  freeze(checkpointId: number, full: boolean): void {
    assert(this.#frozen === undefined && this.#pending === undefined, "one checkpoint is in flight");
    // What left memory, or never came into it, is in the store only: a base is then the store's records and a delta.
    this.#baseOfStore = full && this.#coldFilled ? { chunks: undefined, begun: false, failure: undefined } : undefined;
    const everything = full && !this.#coldFilled ? this.#everything() : undefined;
    this.#frozen = new Frozen(checkpointId, this.epoch, this.#dirty, everything, (cell) => this.load(cell));
    this.#dirty = [];
    this.epoch++;
  }

  encodeSlice(budgetMs: number): boolean {
    const frozen = this.#frozen;
    if (frozen === undefined) return true;
    const deadline = this.#options.monotonic() + budgetMs;
    if (!frozen.advance(this.epoch, () => this.#options.monotonic() >= deadline)) return false;
    return this.#baseOfStore === undefined || this.#collectBase(this.#baseOfStore);
  }

  /** True when the store's records are all there. Nothing is written to the store while a checkpoint is in flight. */
  #collectBase(base: BaseOfStore): boolean {
    if (base.failure !== undefined) throw base.failure;
    if (!base.begun) {
      base.begun = true;
      this.#readStore().then(
        (chunks) => {
          base.chunks = chunks;
        },
        (error: unknown) => {
          base.failure = error;
        },
      );
    }
    return base.chunks !== undefined;
  }

  async #readStore(): Promise<readonly Uint8Array[]> {
    const cold = this.#cold;
    assert(cold !== undefined, "a store is read where there is one");
    const writer = new RecordWriter();
    writer.header();
    for await (const { key, value } of cold.records()) if (value !== undefined) writer.put(key, value);
    writer.finish();
    return writer.chunks;
  }

  takeDelta(): EncodedState {
    const frozen = this.#frozen;
    assert(frozen !== undefined, "a delta is taken of a frozen checkpoint");
    const encoded = frozen.take();
    this.#encodedBytes += encoded.bytes;
    this.#encodedRecords += encoded.records;
    this.#pending = { checkpointId: frozen.checkpointId, encoded, cells: frozen.changedCells };
    this.#frozen = undefined;
    const base = this.#baseOfStore?.chunks;
    this.#baseOfStore = undefined;
    if (base === undefined) return encoded;
    // Later records of a file stand above earlier ones, so the delta follows the store's.
    const bytes = base.reduce((sum, chunk) => sum + chunk.length, encoded.bytes);
    return { chunks: [...base, ...encoded.chunks], bytes, records: encoded.records };
  }

  async complete(checkpointId: number): Promise<void> {
    const pending = this.#pending;
    assert(
      pending === undefined || pending.checkpointId === checkpointId,
      `checkpoint ${checkpointId} completes while ${pending?.checkpointId} is pending`,
    );
    const cold = this.#cold;
    if (cold !== undefined) await cold.apply(checkpointId, pending?.encoded.chunks ?? []);
    this.#pending = undefined;
    if (pending === undefined || cold === undefined) return;
    // A cell that died after the barrier still hides what the store holds of it.
    for (const cell of pending.cells) if (cell.changed !== this.epoch) forget(cell);
    this.#evict(cold);
  }

  abort(checkpointId: number): void {
    const frozen = this.#frozen;
    const cells =
      frozen?.checkpointId === checkpointId ? frozen.changedCells : this.#pending?.checkpointId === checkpointId ? this.#pending.cells : [];
    this.#frozen = frozen?.checkpointId === checkpointId ? undefined : frozen;
    this.#baseOfStore = undefined;
    if (this.#pending?.checkpointId === checkpointId) this.#pending = undefined;
    for (const cell of cells) if (cell.changed !== this.epoch) this.changed(cell);
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const record of readRecords(chunks)) this.restoreRecord(record);
  }

  /** One record; also used for keys and timers found in a local store, whose values stay there. */
  restoreRecord(record: StateRecord): void {
    const reader = createReader(record.key);
    const { kind, name, keyGroup } = decodeHead(reader);
    if (keyGroup < this.keyGroups.start || keyGroup > this.keyGroups.end) return;
    const table = `${kind}${name}`;
    let records = this.#restored.get(table);
    if (records === undefined) {
      records = new Map();
      this.#restored.set(table, records);
    }
    const id = Buffer.from(record.key.buffer, record.key.byteOffset, record.key.byteLength).toString("latin1");
    if (record.value === undefined) records.delete(id);
    else records.set(id, record);
  }

  /** Values stand in the local store: they are read when they are needed. */
  filledFromStore(): void {
    this.#coldFilled = true;
  }

  get usage(): BackendUsage {
    const entries = this.#entries();
    return { entries, dirtyEntries: this.#dirty.length, bytes: Math.round(entries * this.#recordBytes()) };
  }

  get wantsCheckpoint(): boolean {
    return this.#dirty.length * this.#recordBytes() > dirtyBytesWanted && this.#frozen === undefined && this.#pending === undefined;
  }

  async close(): Promise<void> {
    this.#tables.clear();
    this.#dirty = [];
  }

  // ---- within -----------------------------------------------------------------------------------

  *#everything(): Iterable<StateCell<unknown>> {
    for (const table of this.#tables.values()) yield* table.cells();
  }

  #entries(): number {
    let entries = 0;
    for (const table of this.#tables.values()) entries += table.size;
    return entries;
  }

  #recordBytes(): number {
    return this.#encodedRecords === 0 ? 64 : this.#encodedBytes / this.#encodedRecords;
  }

  /** Lets clean cells go, those first that nobody has looked at since the last time, until the cache is within its bound. */
  #evict(cold: ColdStore): void {
    let over = this.#entries() * this.#recordBytes() - cold.cacheBytesMax;
    if (over <= 0) return;
    // From now on a key that is not in memory may be in the store.
    this.#coldFilled = true;
    for (const cell of this.#everything()) {
      if (over <= 0) return;
      if (cell.changed === this.epoch || cell.evicted || cell.value === undefined || cell.table.kind === "t") continue;
      if (cell.referenced) {
        cell.referenced = false;
        continue;
      }
      (cell.table as ValueTable<Namespace, unknown>).known(cell.namespace as Namespace)?.evict(cell);
      over -= this.#recordBytes();
    }
  }

  #valueTable<N extends Namespace, V>(kind: "v" | "n", name: string, codec: Codec<V>, namespaceCodec: Codec<N>): ValueTable<N, V> {
    const table = new ValueTable<N, V>(this, kind, name, codec, namespaceCodec, this.#options.maxParallelism);
    this.#declare(table);
    return table;
  }

  #declare(table: Table): void {
    for (const known of this.#tables.values()) {
      if (known.name !== table.name || (known.kind === "t") !== (table.kind === "t")) continue;
      throw new MillraceError("STATE_DUPLICATE", `the state name ${JSON.stringify(table.name)} is declared twice`, {
        where: { uid: this.#options.uid },
        hint: "give each state of an operator a name of its own",
      });
    }
    const id = `${table.kind}${table.name}`;
    this.#tables.set(id, table);
    for (const record of this.#restored.get(id)?.values() ?? []) {
      const reader = createReader(record.key);
      decodeHead(reader);
      table.restored(reader, record.value === evicted ? undefined : record.value);
    }
    this.#restored.delete(id);
    const [first] = this.#keyKind === undefined ? table.cells() : [];
    if (first !== undefined) this.#fixKeyKind(first.key);
  }

  #checked(key: Key): Key {
    const checked = checkKey(key);
    if (this.#keyKind === undefined) this.#fixKeyKind(checked);
    else if (keyKind(checked) !== this.#keyKind) {
      throw new MillraceError("STATE_KEY", `a ${keyKind(checked)} key came after ${this.#keyKind} keys`, {
        where: { uid: this.#options.uid, key: String(key) },
        hint: "a keyBy gives keys of one kind: make its selector return one type",
      });
    }
    return checked;
  }

  #fixKeyKind(key: Key): void {
    this.#keyKind = keyKind(key);
    this.#keyType = typeof key === "object" ? undefined : typeof key;
  }
}

/** Stands for a value that is in the local store. */
export const evicted: Uint8Array = new Uint8Array(0);

function forget(cell: StateCell<unknown>): void {
  if (cell.table.kind === "t") return;
  (cell.table as ValueTable<Namespace, unknown>).known(cell.namespace as Namespace)?.forget(cell);
}
