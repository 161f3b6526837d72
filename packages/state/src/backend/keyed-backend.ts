import { type Codec, t } from "@millrace/codec";
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
  WriteBase,
} from "@millrace/contracts";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import { Changes } from "../cells/changes.ts";
import { SharedKeys } from "../cells/shared-keys.ts";
import { Slots } from "../cells/slots.ts";
import type { EntryCounts, TableContext } from "../cells/table-context.ts";
import { type FileHeader, STATE_FORMAT_VERSION } from "../format/file-header.ts";
import { KeyScope } from "../keys/key-scope.ts";
import { Cleanup } from "../ttl/cleanup.ts";
import { BackendSnapshot } from "./backend-snapshot.ts";
import { keysOf } from "./keys-of.ts";
import { RawRecords } from "./raw-records.ts";
import { StateRegistry } from "./state-registry.ts";
import type { OpenTier, StateTier } from "./state-tier.ts";

/** The namespace of state without namespaces; it takes no bytes. */
const VOID_NAMESPACE = "";
const voidCodec = t.literal(VOID_NAMESPACE) as Codec<unknown> as NamespaceCodec<Namespace>;

/** The part of the state from which on a base is worth more than a delta: it takes a third more at most, and no base has to be made of files. */
const MOST = 3 / 4;

/**
 * Keyed state of one operator subtask: tables and timers in memory, and behind them a tier that says where completed
 * checkpoints go (nowhere for the heap, or a local store).
 */
export class KeyedBackend implements KeyedStateBackend {
  readonly keyGroups: KeyGroupRange;
  readonly writeBase: WriteBase | undefined;
  readonly #options: BackendOptions;
  readonly #scope: KeyScope;
  readonly #slots: Slots;
  readonly #changes: Changes;
  readonly #counts: EntryCounts = { entries: 0 };
  readonly #raw = new RawRecords();
  readonly #registry: StateRegistry;
  readonly #tier: StateTier;
  readonly #cleanup: Cleanup;
  #snapshot: BackendSnapshot | undefined;

  /** `tracks` false: no checkpoint will be taken. */
  constructor(options: BackendOptions, openTier: OpenTier, tracks = true) {
    this.#options = options;
    const slots = new Slots();
    this.#slots = slots;
    this.#changes = new Changes(slots, tracks);
    this.keyGroups = options.keyGroups;
    this.#scope = new KeyScope(options.uid, options.maxParallelism);
    this.#tier = openTier({
      options,
      scope: this.#scope,
      slots,
      changes: this.#changes,
      counts: this.#counts,
      raw: this.#raw,
      tables: () => this.#registry.tables,
    });
    this.writeBase = this.#tier.writeBase;
    const context: TableContext = {
      uid: options.uid,
      scope: this.#scope,
      slots,
      changes: this.#changes,
      cold: this.#tier.cold,
      counts: this.#counts,
    };
    this.#registry = new StateRegistry(context, options.now, this.#raw, tracks);
    this.#cleanup = new Cleanup(this.#registry, this.#scope, options.monotonic, this.#tier.keysAfter?.bind(this.#tier));
  }

  setCurrentKey(key: Key): void {
    const scope = this.#scope;
    // KeyScope.set, once more: most keys end here.
    if (typeof key === scope.fastType && !Number.isNaN(key)) {
      scope.mapKey = key as PrimitiveKey;
    } else {
      scope.set(key);
    }
  }

  currentKey(): Key {
    return this.#scope.current();
  }

  states<S extends StateDeclarations>(declarations: S): StateHandles<S> {
    const handles: Record<string, unknown> = {};
    const entries = Object.entries(declarations);
    const keys = entries.length > 1 ? new SharedKeys(entries.length) : undefined;
    for (const [at, [name, declaration]] of entries.entries()) {
      handles[name] = this.#registry.state(name, declaration, voidCodec, keys?.indexOf(at)).handle;
    }
    return handles as StateHandles<S>;
  }

  namespaced<N extends Namespace, D extends StateDeclaration>(name: string, declaration: D, codec: NamespaceCodec<N>): NamespacedState<N, D> {
    const { table, handle, look } = this.#registry.state(name, declaration, codec as Codec<unknown> as NamespaceCodec<Namespace>);
    let looked: CellMap<unknown> | undefined;
    return {
      of(namespace) {
        const cells = table.of(namespace);
        if (cells !== looked) look(cells);
        looked = cells;
        return handle as StateHandle<D>;
      },
    };
  }

  cells<N extends Namespace, V>(name: string, codec: Codec<V>, namespaceCodec: NamespaceCodec<N>): CellTable<N, V> {
    return this.#registry.cells(name, codec, namespaceCodec as Codec<unknown> as NamespaceCodec<Namespace>) as CellTable<Namespace, V> as CellTable<
      N,
      V
    >;
  }

  timers<N extends Namespace>(name: string, codec: NamespaceCodec<N>, target: TimerTarget<N>): TimerService<N> {
    return this.#registry.timers(name, codec as Codec<unknown> as NamespaceCodec<Namespace>, target as unknown as TimerTarget<Namespace>);
  }

  forEachKey(name: string, visit: () => void): void {
    const scope = this.#scope;
    const { mapKey } = scope;
    const cells = this.#registry.table(name).of(VOID_NAMESPACE);
    try {
      for (const key of keysOf(cells, this.#tier.recordKeys?.(cells.table.id))) {
        scope.setMapKey(key);
        if (cells.get() !== undefined) visit();
      }
    } finally {
      scope.mapKey = mapKey;
    }
  }

  isEmpty(): boolean {
    if (this.#counts.entries > 0 || !this.#raw.isEmpty) return false;
    for (const timers of this.#registry.services) if (timers.eventTimers + timers.processingTimers > 0) return false;
    return true;
  }

  freeze(checkpointId: number, full: boolean): void {
    assert(this.#snapshot === undefined, "one checkpoint in flight");
    const dump = full ? this.#tier.dump() : undefined;
    this.#snapshot = new BackendSnapshot({
      changes: this.#changes,
      registry: this.#registry,
      raw: this.#raw,
      monotonic: this.#options.monotonic,
      header: this.#header(checkpointId),
      all: full && dump === undefined,
      dump,
    });
  }

  encodeSlice(budgetMs: number): boolean {
    return this.#frozenSnapshot().encode(budgetMs);
  }

  takeDelta(): EncodedState {
    return this.#frozenSnapshot().take();
  }

  async complete(checkpointId: number): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot?.checkpointId !== checkpointId) {
      await this.#tier.apply(checkpointId, [], undefined);
      return;
    }
    const { delta, header } = snapshot;
    this.#snapshot = undefined;
    const frozen = this.#changes.complete();
    await this.#tier.apply(checkpointId, delta, header);
    if (frozen !== undefined) this.#changes.applied(frozen);
    this.#changes.spare.give(delta);
    this.#tier.applied();
  }

  abort(checkpointId: number): void {
    if (this.#snapshot?.checkpointId !== checkpointId) return;
    this.#snapshot.abort();
    this.#snapshot = undefined;
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    assert(this.isEmpty(), "a backend is empty before it is restored");
    this.#raw.clear();
    await this.#tier.restore(chunks);
    this.#registry.loadRestored();
  }

  /**
   * Removes expired values for about `budgetMs`, going round and round over all state with a time to live; the removals are
   * changes like any other. Call it between records. True when it has been round once more.
   */
  cleanupSlice(budgetMs: number): boolean {
    const { mapKey } = this.#scope;
    try {
      return this.#cleanup.run(budgetMs);
    } finally {
      this.#scope.mapKey = mapKey;
    }
  }

  get expires(): boolean {
    return this.#registry.expiring.length > 0;
  }

  get usage(): BackendUsage {
    let entries = 0;
    let bytes = 0;
    for (const { footprint, pageFootprint } of this.#registry.tables) {
      entries += footprint.entries;
      bytes += footprint.bytes + pageFootprint.bytes;
    }
    return { entries, dirtyEntries: this.#changed(), bytes };
  }

  get mostlyChanged(): boolean {
    const changed = this.#changed();
    if (changed === 0 || this.#tier.cold !== undefined || !this.#raw.isEmpty) return false;
    let records = this.#slots.taken;
    for (const { eventTimers, processingTimers } of this.#registry.services) records += eventTimers + processingTimers;
    return changed >= records * MOST;
  }

  get wantsCheckpoint(): boolean {
    return this.#tier.wantsCheckpoint;
  }

  get overfull(): boolean {
    return this.#tier.overfull;
  }

  close(): Promise<void> {
    return this.#tier.close();
  }

  /** Records of the next delta, tombstones among them. */
  #changed(): number {
    let changed = this.#changes.dirtySlots;
    for (const { event, processing } of this.#registry.services) changed += event.changed + processing.changed;
    return changed;
  }

  #frozenSnapshot(): BackendSnapshot {
    assert(this.#snapshot !== undefined, "a checkpoint was frozen");
    return this.#snapshot;
  }

  #header(checkpointId: number): FileHeader {
    const { kind } = this.#scope;
    return {
      formatVersion: STATE_FORMAT_VERSION,
      uid: this.#options.uid,
      checkpointId,
      keyGroups: { start: this.keyGroups.start, end: this.keyGroups.end },
      entries: this.#counts.entries,
      ...(kind === undefined ? {} : { keyKind: kind }),
      states: this.#registry.entries,
    };
  }
}
