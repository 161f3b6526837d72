import { assert, MillraceError, type PrimitiveKey } from "@millrace/core";
import { RecordWriter } from "../format/record-writer.ts";
import { SpareChunks } from "../format/spare-chunks.ts";
import { EPOCH_MASK, EPOCH_STEP, NO_SLOT, type SlotOwner, type Slots, slotFlags } from "./slots.ts";

const { ENCODED, PERSISTED, GONE } = slotFlags;
/** The clock is read after so many slots. */
const SLOTS_PER_CLOCK = 16;

/** What a barrier set aside. */
export interface Frozen {
  /** The epoch that ended with it. */
  readonly number: number;
  /** All slots belong to it, not only the changed ones. */
  readonly all: boolean;
  readonly slots: number[];
  /** How many of `slots` belonged to it. */
  readonly held: number;
  /** Tombstones stand in front of all puts, so that the order of encoding does not matter for a key removed and set anew. */
  readonly tombstones: RecordWriter;
  readonly puts: RecordWriter;
  /** Removed slots that nothing needs once this set is in the local store: those with tombstones, and those that never had a record. */
  readonly buried: number[];
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
  readonly #slots: Slots;
  readonly #tracks: boolean;
  /** The list of this epoch. */
  #changed: number[] = [];
  /** Slots in the list that need no record any more; new entries take them first, since they are listed already. */
  #dead: number[] = [];
  #frozen: Frozen | undefined;
  /** For what is encoded next. */
  readonly spare = new SpareChunks();
  /** Sets of completed checkpoints on their way to the local store, oldest first. */
  #applying: Frozen[] = [];
  #removedSlots = 0;

  /** `tracks` false: no checkpoint will be taken, and changes are not remembered for one. */
  constructor(slots: Slots, tracks: boolean) {
    this.#slots = slots;
    this.#tracks = tracks;
  }

  get dirtySlots(): number {
    return this.#changed.length - this.#dead.length;
  }

  /** Slots that can't leave memory: changed, or on their way to the local store. */
  get heldSlots(): number {
    let sum = this.dirtySlots + (this.#frozen?.held ?? 0);
    for (const { held } of this.#applying) sum += held;
    return sum;
  }

  /** Those among `heldSlots` that hold no value any more, and wait for their tombstones to be in the local store. */
  get removedSlots(): number {
    return this.#removedSlots;
  }

  get frozen(): Frozen | undefined {
    return this.#frozen;
  }

  /** Whether the local store has its value. */
  isClean(slot: number): boolean {
    return (this.#stateOf(slot) & EPOCH_MASK) < (this.#applying[0]?.number ?? this.#frozen?.number ?? this.epoch);
  }

  /** Before a slot is handed out, changed or removed. */
  touch(slot: number): void {
    const frozen = this.#frozen;
    if (frozen !== undefined && this.#isDue(slot, frozen)) this.#encode(slot, frozen);
    this.#slots.guards[slot] = (this.#stateOf(slot) & (EPOCH_MASK | GONE)) === this.epoch ? this.writable : this.stamp;
  }

  /** After `touch`: the slot is part of the next checkpoint. */
  markDirty(slot: number): void {
    if (this.#tracks) this.#list(slot);
    this.#slots.guards[slot] = this.writable;
  }

  /** After `touch`: the slot is removed. It leaves a tombstone if it may have been persisted; then it is released. */
  markGone(slot: number): void {
    const { guards, states, values } = this.#slots;
    states[slot] = this.#stateOf(slot) | GONE;
    values[slot] = undefined;
    guards[slot] = 0;
    if (!this.#tracks) {
      this.#slots.release(slot);
    } else if ((this.#stateOf(slot) & PERSISTED) !== 0) {
      this.#removedSlots++;
      this.#list(slot);
    } else if ((this.#stateOf(slot) & EPOCH_MASK) !== this.epoch) {
      this.#slots.release(slot);
    } else {
      this.#dead.push(slot);
    }
  }

  /** A slot for a new entry, changed already; NO_SLOT when there is none, and one has to be taken. */
  revive(owner: SlotOwner<unknown>, key: PrimitiveKey): number {
    const slot = this.#dead.pop();
    if (slot === undefined) return NO_SLOT;
    this.#slots.occupy(slot, owner, key, this.epoch);
    return slot;
  }

  freeze(all: boolean): Frozen {
    assert(this.#frozen === undefined && this.#tracks, "one checkpoint in flight, and only where changes are remembered");
    const frozen: Frozen = {
      number: this.epoch,
      all,
      slots: this.#changed,
      held: this.dirtySlots,
      tombstones: new RecordWriter(),
      puts: new RecordWriter(this.spare),
      buried: [],
      next: 0,
    };
    for (const slot of this.#dead) this.#slots.release(slot);
    this.#frozen = frozen;
    this.#changed = [];
    this.#dead = [];
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
      const slot = frozen.slots[frozen.next++] as number;
      if (this.#isDue(slot, frozen)) this.#encode(slot, frozen);
      if (frozen.next % SLOTS_PER_CLOCK === 0 && isOver()) return false;
    }
    return true;
  }

  /** For each slot in turn, where everything is frozen: encodes it unless that is done. */
  encodeFrozen(slot: number): void {
    const frozen = this.#frozen;
    if (frozen === undefined) return;
    if (this.#isDue(slot, frozen)) {
      this.#encode(slot, frozen);
      this.#slots.guards[slot] = this.stamp;
    } else if ((this.#stateOf(slot) & (EPOCH_MASK | GONE)) === (frozen.number | GONE)) {
      frozen.buried.push(slot);
    }
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
    this.#removedSlots -= frozen.buried.length;
    for (const slot of frozen.buried) {
      this.#slots.ownerOf(slot).buried(slot);
      this.#slots.release(slot);
    }
  }

  /** The frozen set becomes part of the next one. */
  abort(): void {
    const frozen = this.#frozen;
    if (frozen === undefined) return;
    this.#frozen = undefined;
    for (const slot of frozen.slots) {
      // Those changed again stand in the list already.
      if ((this.#stateOf(slot) & EPOCH_MASK) === frozen.number) this.#list(slot);
    }
  }

  #list(slot: number): void {
    const state = this.#stateOf(slot);
    if ((state & EPOCH_MASK) === this.epoch) return;
    this.#slots.states[slot] = this.epoch | (state & ~(EPOCH_MASK | ENCODED));
    this.#changed.push(slot);
  }

  #encode(slot: number, frozen: Frozen): void {
    const { keys, values, states } = this.#slots;
    const owner = this.#slots.ownerOf(slot);
    const key = keys[slot] as PrimitiveKey;
    const state = this.#stateOf(slot);
    try {
      if ((state & GONE) === 0) {
        const writer = frozen.puts.begin();
        owner.writeKey(key, writer);
        const keyBytes = writer.length;
        owner.writeValue(values[slot], writer);
        owner.footprint.observe(frozen.puts.endPut(keyBytes));
        states[slot] = state | PERSISTED | ENCODED;
        return;
      }
      if ((state & PERSISTED) !== 0) {
        owner.writeKey(key, frozen.tombstones.begin());
        frozen.tombstones.endTombstone();
      }
      frozen.buried.push(slot);
      states[slot] = state | ENCODED;
    } catch (error) {
      throw owner.explain(key, error);
    }
  }

  /**
   * Whether the frozen set waits for the slot's value. Where it holds all slots, those handed out or made since the freeze
   * carry the stamp; a stamp changes between freezes only before a local store, where no set holds all slots.
   */
  #isDue(slot: number, frozen: Frozen): boolean {
    if (frozen.all) return (this.#slots.guards[slot] as number) < this.stamp && (this.#stateOf(slot) & GONE) === 0;
    return (this.#stateOf(slot) & (EPOCH_MASK | ENCODED)) === frozen.number;
  }

  #stateOf(slot: number): number {
    return this.#slots.states[slot] as number;
  }
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
