import { createWriter, type GrowingWriter } from "@millrace/codec";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { StoreDump } from "../backend/backend-snapshot.ts";
import type { StateTier, TierParts } from "../backend/state-tier.ts";
import type { Slot, SlotOwner } from "../cells/slot.ts";
import type { ColdStore } from "../cells/table-context.ts";
import { corruptState, verifiedValue } from "../format/checksum.ts";
import { type FileHeader, readHeader, STATE_FORMAT_VERSION, type StateEntry, writeHeader } from "../format/file-header.ts";
import { readRecordHead, recordForms } from "../format/record-key.ts";
import { RecordWriter } from "../format/record-writer.ts";
import type { LocalStore } from "./local-store.ts";
import { Residents } from "./residents.ts";
import { operatorPrefix } from "./store-keys.ts";

/** Less than this may always wait for the next checkpoint. */
const DIRTY_BYTES_MIN = 8 << 20;

export interface LevelTierOptions {
  readonly store: LocalStore;
  /** Estimated encoded bytes that stay in memory. */
  readonly cacheBytesMax: number;
  /** Called for each completed checkpoint with its records; resolves when the store holds the whole checkpoint. */
  readonly apply: (checkpointId: number, chunks: readonly Uint8Array[]) => Promise<void>;
}

/** State of completed checkpoints in a LevelDB; in memory are changes, a cache, timers, and the keys of windows. */
export class LevelTier implements StateTier, ColdStore {
  readonly #parts: TierParts;
  readonly #options: LevelTierOptions;
  readonly #residents: Residents;
  readonly #prefixBytes: number;
  readonly #key: GrowingWriter;
  readonly #dirtyBytesMax: number;
  /** Checkpoints on their way to the store. */
  #applying = 0;
  /** Ends the copies that are being read. */
  readonly #dumps = new Set<() => void>();
  #closed = false;

  constructor(parts: TierParts, options: LevelTierOptions) {
    this.#parts = parts;
    this.#options = options;
    const prefix = operatorPrefix(parts.options.uid);
    this.#prefixBytes = prefix.length;
    this.#key = createWriter(prefix.length + 64);
    this.#key.raw(prefix);
    this.#dirtyBytesMax = Math.max(options.cacheBytesMax, DIRTY_BYTES_MIN);
    this.#residents = new Residents({
      bytesMax: options.cacheBytesMax,
      changes: parts.changes,
      bytes: () => this.#bytes(),
      onOver: () => parts.scope.slowDown(),
    });
    parts.scope.onSlowKey = () => this.#residents.evict();
  }

  get cold(): ColdStore {
    return this;
  }

  get wantsCheckpoint(): boolean {
    const { changes, tables } = this.#parts;
    let entries = 0;
    for (const { footprint, pageFootprint } of tables()) entries += footprint.entries + pageFootprint.entries;
    return entries > 0 && (changes.dirtySlots / entries) * this.#bytes() * 2 >= this.#dirtyBytesMax;
  }

  read(owner: SlotOwner<never>, slotKey: PrimitiveKey): Uint8Array | undefined {
    const key = this.#key;
    key.truncate(this.#prefixBytes);
    owner.writeKey(slotKey, key);
    const fullKey = key.view();
    let stored: Uint8Array | undefined;
    try {
      stored = this.#options.store.get(fullKey);
    } catch (error) {
      throw corruptState("the local store can't be read", error);
    }
    return stored === undefined ? undefined : verifiedValue(fullKey.subarray(this.#prefixBytes), stored);
  }

  admit(slot: Slot<unknown>): void {
    this.#residents.admit(slot);
  }

  dump(): StoreDump {
    assert(this.#applying === 0, "the store holds exactly a completed checkpoint when the next one is frozen");
    const { uid } = this.#parts.options;
    const snapshot = this.#options.store.snapshot();
    const close = (): void => {
      this.#dumps.delete(close);
      void snapshot.close();
    };
    this.#dumps.add(close);
    return {
      async *chunks() {
        try {
          yield* snapshot.chunks(uid);
        } finally {
          close();
        }
      },
      close,
    };
  }

  async apply(checkpointId: number, delta: readonly Uint8Array[], header: FileHeader | undefined): Promise<void> {
    this.#applying++;
    await this.#options.apply(checkpointId, header === undefined ? delta : [...headerChunks(header), ...delta]);
    this.#applying--;
  }

  applied(): void {
    this.#residents.relax();
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { options, counts, raw, scope } = this.#parts;
    const { store } = this.#options;
    const states = new Map<string, StateEntry>();
    await store.apply(options.uid, chunks, {
      keyGroups: options.keyGroups,
      onHeader: (stored) => {
        const header = readHeader(stored);
        if (header.keyKind !== undefined) scope.adoptKind(header.keyKind);
        for (const state of header.states) states.set(state.name, state);
        raw.learn(header);
      },
    });
    let entries = 0;
    for await (const keys of store.recordKeys(options.uid, recordForms.timer, recordForms.cell)) {
      for (const key of keys) {
        const { form } = readRecordHead(key);
        if (form !== recordForms.timer) entries++;
        if (form !== recordForms.cell) raw.add(key, undefined);
      }
    }
    counts.entries = entries;
    const { kind } = scope;
    await store.setHeader(options.uid, {
      formatVersion: STATE_FORMAT_VERSION,
      uid: options.uid,
      checkpointId: 0,
      keyGroups: options.keyGroups,
      entries,
      ...(kind === undefined ? {} : { keyKind: kind }),
      states: [...states.values()],
    });
  }

  /** The store holds this operator's state: reads what has to be in memory. */
  async openFilled(): Promise<void> {
    const { options, counts, raw, scope } = this.#parts;
    const header = this.#options.store.header(options.uid);
    if (header === undefined) return;
    const { keyGroups } = header;
    assert(
      keyGroups.start === options.keyGroups.start && keyGroups.end === options.keyGroups.end,
      "a filled store holds the subtask's own key groups",
    );
    if (header.keyKind !== undefined) scope.adoptKind(header.keyKind);
    raw.learn(header);
    counts.entries = header.entries;
    for await (const keys of this.#options.store.recordKeys(options.uid, recordForms.timer, recordForms.indexedCell)) {
      for (const key of keys) raw.add(key, undefined);
    }
  }

  async keysAfter(after: Uint8Array | undefined): Promise<readonly Uint8Array[]> {
    if (this.#closed) return [];
    for await (const keys of this.#options.store.recordKeys(this.#parts.options.uid, recordForms.cell, recordForms.cell, after)) return keys;
    return [];
  }

  /** Does not wait for an apply: when other operators of the slot have failed, it never ends. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const close of this.#dumps) close();
  }

  #bytes(): number {
    let bytes = 0;
    for (const { footprint, pageFootprint } of this.#parts.tables()) bytes += footprint.bytes + pageFootprint.bytes;
    return bytes;
  }
}

function headerChunks(header: FileHeader): readonly Uint8Array[] {
  const writer = new RecordWriter();
  writeHeader(writer, header);
  return writer.finish();
}
