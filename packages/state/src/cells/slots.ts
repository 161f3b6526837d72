import type { ByteWriter, GrowingWriter } from "@millrace/codec";
import { limits, MillraceError, type PrimitiveKey } from "@millrace/core";
import type { Footprint } from "./footprint.ts";

/** Bits of a slot's state; the rest of it is the epoch of the last change. */
export const slotFlags = {
  /** The last change is encoded. */
  ENCODED: 1,
  /** A snapshot or the local store may hold it, so that its removal needs a tombstone. */
  PERSISTED: 2,
  /** Removed. */
  GONE: 4,
  /** Its value is in the local store only. */
  COLD: 8,
} as const;

/** Epochs are multiples of this. */
export const EPOCH_STEP = 16;
export const EPOCH_MASK = ~(EPOCH_STEP - 1);

/** The slot that stands for none: its value is undefined, its guard 0. */
export const NO_SLOT = 0;

const SLOTS_AT_FIRST = 64;

/**
 * The records of keyed state in memory, column by column: a slot is a number, and holds an entry of a table or a page of a
 * collection. Two numbers say what may be done with it without asking (`Changes` explains them); they start so that
 * everything is asked. Columns, because an object for each would lie over two lines of the processor's cache, and because
 * the collector of garbage has nothing to trace.
 */
export class Slots {
  /** At least `Changes.stamp`: may be handed out. Equal to `Changes.writable`: may be changed at once. */
  guards: Int32Array = new Int32Array(SLOTS_AT_FIRST);
  /** The epoch in which it was changed last, and flags. */
  states: Int32Array = new Int32Array(SLOTS_AT_FIRST);
  /** Neighbours in an order: next, and the one before. */
  links: Int32Array = new Int32Array(2 * SLOTS_AT_FIRST);
  readonly values: unknown[] = [undefined];
  /** The map key in its table, or the number of the page. */
  readonly keys: PrimitiveKey[] = [""];
  readonly owners: (SlotOwner<unknown> | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** Slots are below it. */
  get end(): number {
    return this.values.length;
  }

  /** How many are not free. */
  get taken(): number {
    return this.values.length - 1 - this.#free.length;
  }

  /** Throws STATE_TOO_LARGE, and takes none. */
  take(owner: SlotOwner<unknown>, key: PrimitiveKey, flags: number): number {
    const freed = this.#free.pop();
    const slot = freed ?? this.values.length;
    if (freed === undefined) {
      if (slot >= this.states.length) this.#grow(owner, key);
      this.values.push(undefined);
      this.keys.push(key);
      this.owners.push(owner);
      this.states[slot] = flags;
    } else {
      this.occupy(slot, owner, key, flags);
    }
    return slot;
  }

  /** A slot that is not free but nobody's. */
  occupy(slot: number, owner: SlotOwner<unknown>, key: PrimitiveKey, state: number): void {
    this.keys[slot] = key;
    this.owners[slot] = owner;
    this.states[slot] = state;
  }

  /** The slot is in no table and in no list any more; its number will be given away again. */
  release(slot: number): void {
    this.guards[slot] = 0;
    this.states[slot] = slotFlags.GONE;
    this.values[slot] = undefined;
    this.keys[slot] = "";
    this.owners[slot] = undefined;
    this.#free.push(slot);
  }

  ownerOf(slot: number): SlotOwner<unknown> {
    return this.owners[slot] as SlotOwner<unknown>;
  }

  #grow(owner: SlotOwner<unknown>, key: PrimitiveKey): void {
    const slotsMax = limits.recordsInMemoryMax + 1;
    if (this.states.length >= slotsMax) throw owner.explain(key, tooManyRecords(this.taken));
    const length = Math.min(this.states.length * 2, slotsMax);
    this.guards = grown(this.guards, length);
    this.states = grown(this.states, length);
    this.links = grown(this.links, 2 * length);
  }
}

/** Where a slot belongs. Its methods are told which slot they are about. */
export interface SlotOwner<V> {
  readonly footprint: Footprint;
  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void;
  writeValue(value: V, writer: GrowingWriter): void;
  /** The value may leave memory; it is in the local store. False when it has to stay. */
  evict(slot: number): boolean;
  /** The tombstone of a removed slot has reached the local store. */
  buried(slot: number): void;
  /** An error of encoding with its place. */
  explain(slotKey: PrimitiveKey, error: unknown): unknown;
}

function grown(column: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}

function tooManyRecords(records: number): MillraceError {
  return new MillraceError("STATE_TOO_LARGE", `a subtask has ${records} records of keyed state in memory, and there is room for no more`, {
    hint: "keep state on disk (--backend disk, the default), or raise the parallelism: each subtask then has fewer keys",
  });
}
