import type { PrimitiveKey } from "@millrace/core";
import type { KeyIndex } from "./key-index.ts";
import { SlotIndex } from "./slot-index.ts";
import { NO_SLOT } from "./slots.ts";

const NO_ROW = 0;
const ROWS_AT_FIRST = 64;

/**
 * The keys of states that are declared together, each once: a row for each key, and in it a slot for each state. Whoever looks at several
 * states of a key pays for one look-up, and finds all slots in one line of the processor's cache.
 */
export class SharedKeys {
  /** By row. */
  readonly keys: PrimitiveKey[] = [""];
  readonly #states: number;
  readonly #rows = new SlotIndex(this);
  readonly #free: number[] = [];
  /** NO_SLOT where a state has no entry for the key. */
  #slots: Int32Array;
  #lastKey: PrimitiveKey | undefined;
  #lastRow = NO_ROW;

  /** `states`: how many share the keys. */
  constructor(states: number) {
    this.#states = states;
    this.#slots = new Int32Array(ROWS_AT_FIRST * states);
  }

  /** The index of the state that was declared as the `state`th, from 0. */
  indexOf(state: number): KeyIndex {
    return new SharedIndex(this, state);
  }

  slotOf(key: PrimitiveKey, state: number): number {
    return this.#slots[this.#rowOf(key) * this.#states + state] as number;
  }

  set(key: PrimitiveKey, state: number, slot: number): void {
    const row = this.#rowOf(key) || this.#add(key);
    this.#slots[row * this.#states + state] = slot;
  }

  delete(key: PrimitiveKey, state: number): void {
    const row = this.#rowOf(key);
    if (row === NO_ROW) return;
    const first = row * this.#states;
    this.#slots[first + state] = NO_SLOT;
    for (let at = first; at < first + this.#states; at++) if (this.#slots[at] !== NO_SLOT) return;
    this.#remove(key, row);
  }

  #rowOf(key: PrimitiveKey): number {
    if (key === this.#lastKey) return this.#lastRow;
    this.#lastRow = this.#rows.get(key);
    this.#lastKey = key;
    return this.#lastRow;
  }

  #add(key: PrimitiveKey): number {
    const row = this.#free.pop() ?? this.keys.length;
    if ((row + 1) * this.#states > this.#slots.length) this.#grow();
    this.keys[row] = key;
    this.#rows.set(key, row);
    this.#lastRow = row;
    return row;
  }

  #remove(key: PrimitiveKey, row: number): void {
    this.#rows.delete(key);
    this.keys[row] = "";
    this.#free.push(row);
    this.#lastRow = NO_ROW;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}

class SharedIndex implements KeyIndex {
  readonly #keys: SharedKeys;
  readonly #state: number;

  constructor(keys: SharedKeys, state: number) {
    this.#keys = keys;
    this.#state = state;
  }

  get(key: PrimitiveKey): number {
    return this.#keys.slotOf(key, this.#state);
  }

  set(key: PrimitiveKey, slot: number): void {
    this.#keys.set(key, this.#state, slot);
  }

  delete(key: PrimitiveKey): void {
    this.#keys.delete(key, this.#state);
  }

  wear(): undefined {
    return undefined;
  }
}
