import { assert, MillraceError } from "@millrace/core";
import { RecordWriter } from "../format/record-writer.ts";
import { EPOCH_MASK, EPOCH_STEP, type Slot, slotFlags } from "./slot.ts";

const { ENCODED, PERSISTED, GONE } = slotFlags;
/** The clock is read after so many slots. */
const SLOTS_PER_CLOCK = 16;
const COMPACTION_MIN = 1024;

/** What a barrier set aside. */
export interface Frozen {
  /** The epoch that ended with it. */
  readonly number: number;
  /** All slots belong to it, not only the changed ones. */
  readonly all: boolean;
  readonly slots: Slot<unknown>[];
  /** Tombstones stand in front of all puts, so that the order of encoding does not matter for a key removed and set anew. */
  readonly tombstones: RecordWriter;
  readonly puts: RecordWriter;
  /** Slots whose tombstones were written. */
  readonly buried: Slot<unknown>[];
  next: number;
}

/**
 * Which slots changed since the last freeze, and how a freeze costs nothing: the list of changed slots is set aside and the
 * epoch rises. A slot that belongs to the frozen set and is not yet encoded is encoded before it is handed out again
 * (law C2). What has been handed out once in an epoch carries the stamp in its guard, so that a state access compares one number.
 */
export class Changes {
  /** Rises by EPOCH_STEP with each freeze. */
  epoch: number = EPOCH_STEP;
  /** Rises with each epoch, and when the cache wants to know anew what is in use. Even. */
  stamp = 2;
  /** `stamp` + 1: the guard of slots that are in the list of changes already. */
  writable = 3;
  readonly #tracks: boolean;
  #slots: Slot<unknown>[] = [];
  /** Slots in the list that need no record any more. */
  #dead = 0;
  #frozen: Frozen | undefined;
  /** Sets of completed checkpoints on their way to the local store, oldest first. */
  #applying: Frozen[] = [];

  /** `tracks` false: no checkpoint will be taken, and changes are not remembered for one. */
  constructor(tracks: boolean) {
    this.#tracks = tracks;
  }

  get dirtySlots(): number {
    return this.#slots.length - this.#dead;
  }

  /** Slots that can't leave memory: changed, or on their way to the local store. */
  get heldSlots(): number {
    let held = this.dirtySlots + (this.#frozen?.slots.length ?? 0);
    for (const { slots } of this.#applying) held += slots.length;
    return held;
  }

  get frozen(): Frozen | undefined {
    return this.#frozen;
  }

  /** Whether the local store has its value. */
  isClean(slot: Slot<unknown>): boolean {
    return (slot.state & EPOCH_MASK) < (this.#applying[0]?.number ?? this.#frozen?.number ?? this.epoch);
  }

  /** Before a slot is handed out, changed or removed. */
  touch(slot: Slot<unknown>): void {
    const frozen = this.#frozen;
    if (frozen !== undefined && this.#isDue(slot, frozen)) this.#encode(slot, frozen);
    slot.guard = (slot.state & (EPOCH_MASK | GONE)) === this.epoch ? this.writable : this.stamp;
  }

  /** After `touch`: the slot is part of the next checkpoint. */
  markDirty(slot: Slot<unknown>): void {
    if ((slot.state & EPOCH_MASK) !== this.epoch && this.#tracks) {
      slot.state = this.epoch | (slot.state & ~(EPOCH_MASK | ENCODED));
      this.#slots.push(slot);
    }
    slot.guard = this.writable;
  }

  /** After `touch`: the slot is removed. It leaves a tombstone if it may have been persisted. */
  markGone(slot: Slot<unknown>): void {
    slot.state |= GONE;
    slot.value = undefined;
    if ((slot.state & PERSISTED) !== 0) {
      this.markDirty(slot);
    } else if ((slot.state & EPOCH_MASK) === this.epoch) {
      this.#dead++;
      if (this.#dead > COMPACTION_MIN && this.#dead * 2 > this.#slots.length) this.#compact();
    }
    slot.guard = 0;
  }

  /** A removed slot is written again. */
  markRevived(slot: Slot<unknown>): void {
    slot.state &= ~GONE;
    if ((slot.state & (EPOCH_MASK | PERSISTED)) === this.epoch) this.#dead--;
  }

  freeze(all: boolean): Frozen {
    assert(this.#frozen === undefined && this.#tracks, "one checkpoint in flight, and only where changes are remembered");
    const frozen: Frozen = {
      number: this.epoch,
      all,
      slots: this.#slots,
      tombstones: new RecordWriter(),
      puts: new RecordWriter(),
      buried: [],
      next: 0,
    };
    this.#frozen = frozen;
    this.#slots = [];
    this.#dead = 0;
    this.epoch += EPOCH_STEP;
    this.nextStamp();
    return frozen;
  }

  /** All guards are asked again. */
  nextStamp(): void {
    this.stamp += 2;
    this.writable = this.stamp + 1;
  }

  /** Encodes changed slots until `isOver`; true when none is left. A frozen set of all slots is walked by its owner instead. */
  encodeChanged(isOver: () => boolean): boolean {
    const frozen = this.#frozen;
    assert(frozen !== undefined, "changes are frozen before they are encoded");
    while (frozen.next < frozen.slots.length) {
      const slot = frozen.slots[frozen.next++] as Slot<unknown>;
      if (this.#isDue(slot, frozen)) this.#encode(slot, frozen);
      if (frozen.next % SLOTS_PER_CLOCK === 0 && isOver()) return false;
    }
    return true;
  }

  /** Encodes a slot of the frozen set unless that is done. */
  encodeFrozen(slot: Slot<unknown>): void {
    const frozen = this.#frozen;
    if (frozen === undefined || !this.#isDue(slot, frozen)) return;
    this.#encode(slot, frozen);
    slot.guard = this.stamp;
  }

  /** The checkpoint of the frozen set is complete. */
  complete(): Frozen | undefined {
    const frozen = this.#frozen;
    if (frozen !== undefined) this.#applying.push(frozen);
    this.#frozen = undefined;
    return frozen;
  }

  /** A completed set is in the local store, or there is none. */
  applied(frozen: Frozen): void {
    assert(this.#applying[0] === frozen, "sets are applied in order");
    this.#applying.shift();
    for (const slot of frozen.buried) slot.owner.buried(slot);
  }

  /** The frozen set becomes part of the next one. */
  abort(): void {
    const frozen = this.#frozen;
    if (frozen === undefined) return;
    this.#frozen = undefined;
    for (const slot of frozen.slots) {
      // Those changed again stand in the list already.
      if ((slot.state & EPOCH_MASK) !== frozen.number || isDead(slot)) continue;
      slot.state = this.epoch | (slot.state & ~(EPOCH_MASK | ENCODED));
      this.#slots.push(slot);
    }
  }

  #encode(slot: Slot<unknown>, frozen: Frozen): void {
    try {
      if ((slot.state & GONE) === 0) {
        const writer = frozen.puts.begin();
        slot.owner.writeKey(slot.key, writer);
        const keyBytes = writer.length;
        slot.owner.writeValue(slot.value, writer);
        slot.owner.footprint.observe(frozen.puts.endPut(keyBytes));
        slot.state |= PERSISTED;
      } else if ((slot.state & PERSISTED) !== 0) {
        slot.owner.writeKey(slot.key, frozen.tombstones.begin());
        frozen.tombstones.endTombstone();
        frozen.buried.push(slot);
      }
    } catch (error) {
      throw slot.owner.explain(slot.key, error);
    }
    slot.state |= ENCODED;
  }

  /**
   * Whether the frozen set waits for the slot's value. Where it holds all slots, those handed out or made since the freeze
   * carry the stamp; a stamp changes between freezes only before a local store, where no set holds all slots.
   */
  #isDue(slot: Slot<unknown>, frozen: Frozen): boolean {
    return frozen.all ? slot.guard < this.stamp && (slot.state & GONE) === 0 : (slot.state & (EPOCH_MASK | ENCODED)) === frozen.number;
  }

  #compact(): void {
    const slots = this.#slots;
    let kept = 0;
    for (const slot of slots) {
      if (isDead(slot)) slot.state &= ~EPOCH_MASK;
      else slots[kept++] = slot;
    }
    slots.length = kept;
    this.#dead = 0;
  }
}

function isDead(slot: Slot<unknown>): boolean {
  return (slot.state & (GONE | PERSISTED)) === GONE;
}

/** An error while a value was encoded, with what is known of its place. */
export function encodingError(error: unknown, uid: string, stateName: string, key: string): unknown {
  if (!(error instanceof MillraceError)) return error;
  return new MillraceError(error.code, `${error.message}, in state "${stateName}"`, {
    hint: error.hint,
    cause: error,
    where: { uid, key, ...error.where },
  });
}
