import { createWriter, type GrowingWriter } from "@millrace/codec";
import type { WrittenBase } from "@millrace/contracts";
import { assert, limits, type PrimitiveKey } from "@millrace/core";
import type { StoreDump } from "../backend/backend-snapshot.ts";
import type { StateTier, TierParts } from "../backend/state-tier.ts";
import { REMOVED_MEMORY_BYTES } from "../cells/footprint.ts";
import type { SlotOwner } from "../cells/slots.ts";
import type { ColdStore } from "../cells/table-context.ts";
import { verifiedValue } from "../format/checksum.ts";
import { type FileHeader, readHeader, STATE_FORMAT_VERSION, type StateEntry } from "../format/file-header.ts";
import {
  keyGroupOfRecord,
  RECORD_HEAD_BYTES,
  type RecordForm,
  type RecordHead,
  readRecordHead,
  recordForms,
  writeRecordHead,
} from "../format/record-key.ts";
import type { LocalStore } from "../runs/local-store.ts";
import type { OperatorRuns } from "../runs/operator-runs.ts";
import { Residents } from "./residents.ts";

/** Keys that a cleanup looks at before the event loop turns. */
const KEYS_AT_ONCE = 256;

export interface StoreTierOptions {
  readonly store: LocalStore;
  /** Estimated bytes of memory for values and changes; asked again and again. */
  readonly cacheBytesMax: () => number;
  /**
   * Called for each completed checkpoint with its records, whose memory may be given away, and the header of their file, absent
   * when there is none; resolves when the store holds the whole checkpoint.
   */
  readonly apply: (checkpointId: number, header: FileHeader | undefined, chunks: readonly Uint8Array[]) => Promise<void>;
}

/** State of completed checkpoints in a local store; in memory are changes, a cache, timers, and the keys of windows. */
export class StoreTier implements StateTier, ColdStore {
  readonly #parts: TierParts;
  readonly #options: StoreTierOptions;
  readonly #runs: OperatorRuns;
  readonly #residents: Residents;
  readonly #key: GrowingWriter = createWriter(64);
  /** Checkpoints on their way to the store. */
  #applying = 0;
  /** Ends the copies that are being read. */
  readonly #dumps = new Set<() => void>();
  #closed = false;

  constructor(parts: TierParts, options: StoreTierOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#runs = options.store.operator(parts.options.uid);
    this.#residents = new Residents({
      bytesMax: options.cacheBytesMax,
      slots: parts.slots,
      changes: parts.changes,
      bytes: () => this.#bytes(),
      onOver: () => parts.scope.slowDown(),
    });
    parts.scope.onSlowKey = () => this.#residents.evict();
  }

  get cold(): ColdStore {
    return this;
  }

  get hasEvicted(): boolean {
    return this.#residents.hasEvicted;
  }

  /** Changes can't leave memory before they are in the store: at half of what there is for them a checkpoint is due. */
  get wantsCheckpoint(): boolean {
    return this.#changedBytes() * 2 >= this.#changedBytesMax();
  }

  get overfull(): boolean {
    return this.#changedBytes() >= this.#changedBytesMax();
  }

  read(owner: SlotOwner<never>, slotKey: PrimitiveKey): Uint8Array | undefined {
    const writer = this.#key;
    writer.reset();
    owner.writeKey(slotKey, writer);
    const key = writer.view();
    try {
      const stored = this.#runs.get(key);
      return stored === undefined ? undefined : verifiedValue(key, stored);
    } catch (error) {
      this.#options.store.foundDamaged();
      throw error;
    }
  }

  admit(): void {
    this.#residents.admit();
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

  readonly writeBase = (): Promise<WrittenBase> => this.#options.store.writeBase(this.#parts.options.uid);

  async apply(checkpointId: number, delta: readonly Uint8Array[], header: FileHeader | undefined): Promise<void> {
    this.#applying++;
    await this.#options.apply(checkpointId, header, delta);
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
    counts.entries = await this.#countEntries();
    this.#loadKeys();
    const { kind } = scope;
    store.setHeader(options.uid, {
      formatVersion: STATE_FORMAT_VERSION,
      uid: options.uid,
      checkpointId: 0,
      keyGroups: options.keyGroups,
      entries: counts.entries,
      ...(kind === undefined ? {} : { keyKind: kind }),
      states: [...states.values()],
    });
  }

  /** The store holds this operator's state: reads what has to be in memory. */
  openFilled(): void {
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
    this.#loadKeys();
  }

  async keysAfter(after: Uint8Array | undefined): Promise<readonly Uint8Array[]> {
    const keys: Uint8Array[] = [];
    if (this.#closed) return keys;
    const first = after === undefined ? this.#parts.options.keyGroups.start : keyGroupOfRecord(after);
    const startOf = (keyGroup: number): Uint8Array =>
      after !== undefined && keyGroup === first ? behind(after) : formStart(keyGroup, recordForms.cell);
    for (const key of this.#cellKeys(first, startOf, () => true)) {
      keys.push(key.slice());
      if (keys.length === KEYS_AT_ONCE) break;
    }
    return keys;
  }

  recordKeys(stateId: number): Generator<Uint8Array> {
    return this.#cellKeys(
      this.#parts.options.keyGroups.start,
      (keyGroup) => stateStart(keyGroup, stateId),
      (head) => head.stateId === stateId,
    );
  }

  /**
   * The keys of entries in each key group, from where `startOf` says to the first one that is not wanted. Goes from one key group that
   * has records to the next: most have none.
   */
  *#cellKeys(first: number, startOf: (keyGroup: number) => Uint8Array, isWanted: (head: RecordHead) => boolean): Generator<Uint8Array> {
    const { end } = this.#parts.options.keyGroups;
    const behind = formStart(end, recordForms.page);
    for (let keyGroup = first; keyGroup <= end; ) {
      const here = keyGroup;
      keyGroup = end + 1;
      for (const { key } of this.#runs.range(startOf(here), behind)) {
        const head = readRecordHead(key);
        if (head.keyGroup !== here || head.form !== recordForms.cell || !isWanted(head)) {
          keyGroup = Math.max(here + 1, head.keyGroup);
          break;
        }
        yield key;
      }
    }
  }

  /** Does not wait for an apply: when other operators of the slot have failed, it never ends. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const close of this.#dumps) close();
  }

  /** The keys of timers and of windows. Goes from one key group that has records to the next. */
  #loadKeys(): void {
    const { options, raw } = this.#parts;
    if (this.#runs.all.every(({ index }) => index.resident === 0)) return;
    const { start, end } = options.keyGroups;
    const last = formStart(end, recordForms.cell);
    for (let keyGroup = start; keyGroup <= end; ) {
      const from = formStart(keyGroup, recordForms.timer);
      keyGroup = end + 1;
      for (const { key } of this.#runs.range(from, last)) {
        const head = readRecordHead(key);
        if (head.form >= recordForms.cell) {
          keyGroup = head.keyGroup + 1;
          break;
        }
        raw.add(key, undefined);
      }
    }
  }

  async #countEntries(): Promise<number> {
    const snapshot = this.#options.store.snapshot();
    try {
      let entries = 0;
      for await (const records of snapshot.records(this.#parts.options.uid)) {
        for (const [key] of records) {
          const { form } = readRecordHead(key);
          if (form === recordForms.cell || form === recordForms.indexedCell) entries++;
        }
      }
      return entries;
    } finally {
      await snapshot.close();
    }
  }

  #bytes(): number {
    let bytes = 0;
    for (const { footprint, pageFootprint } of this.#parts.tables()) bytes += footprint.memoryBytes + pageFootprint.memoryBytes;
    return bytes;
  }

  /**
   * Of what has changed and of what is on its way to the store, as far as it is known: an entry weighs what entries weigh. What has been
   * removed has no value among these, but its key stays until the store has the tombstone.
   */
  #changedBytes(): number {
    const { heldSlots, removedSlots } = this.#parts.changes;
    let entries = 0;
    for (const { footprint, pageFootprint } of this.#parts.tables()) entries += footprint.entries + pageFootprint.entries;
    const share = entries === 0 ? 0 : Math.min(1, (heldSlots - removedSlots) / entries);
    return removedSlots * REMOVED_MEMORY_BYTES + share * this.#bytes();
  }

  #changedBytesMax(): number {
    return Math.max(this.#options.cacheBytesMax(), limits.changedStateBytesMin);
  }
}

/** The least key of an entry of a state in a key group. */
function stateStart(keyGroup: number, stateId: number): Uint8Array {
  const writer = createWriter(RECORD_HEAD_BYTES);
  writeRecordHead(writer, keyGroup, recordForms.cell, stateId);
  return writer.slice();
}

/** The least key of a form in a key group. */
function formStart(keyGroup: number, form: RecordForm): Uint8Array {
  return Uint8Array.of(keyGroup >> 8, keyGroup & 0xff, form);
}

/** The least key behind another. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
