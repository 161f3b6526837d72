import { createWriter } from "@millrace/codec";
import type { EncodedState } from "@millrace/contracts";
import type { StateCell } from "./cells/cell.ts";
import { RecordWriter } from "./records.ts";

/**
 * What a barrier has set aside: the cells changed before it, or all of them. A cell is encoded when its turn comes, or
 * when it is about to be handed out again, whichever is first (law C2); its guard then is of the new epoch.
 */
export class Frozen {
  readonly checkpointId: number;
  readonly changedCells: readonly StateCell<unknown>[];
  readonly #epoch: number;
  readonly #full: boolean;
  readonly #walk: Iterator<StateCell<unknown>>;
  readonly #load: (cell: StateCell<unknown>) => void;
  readonly #tombstones = new RecordWriter();
  readonly #puts = new RecordWriter();
  readonly #key = createWriter(128);
  readonly #value = createWriter(1024);
  #done = false;

  constructor(
    checkpointId: number,
    epoch: number,
    changed: readonly StateCell<unknown>[],
    everything: Iterable<StateCell<unknown>> | undefined,
    load: (cell: StateCell<unknown>) => void,
  ) {
    this.checkpointId = checkpointId;
    this.changedCells = changed;
    this.#epoch = epoch;
    this.#full = everything !== undefined;
    // A base begins with tombstones, too: the local store still holds what was removed since the last delta.
    this.#walk = everything === undefined ? changed[Symbol.iterator]() : bothOf(changed, everything);
    this.#load = load;
    this.#tombstones.header();
  }

  /** The cell is about to be handed out in a newer epoch: what it was at the barrier is written now. */
  capture(cell: StateCell<unknown>): void {
    if (cell.guard > this.#epoch || this.#done) return;
    if (this.#full || cell.changed === this.#epoch) this.#encode(cell);
  }

  /** Goes on until all is written (true) or `over` says stop (false). */
  advance(newEpoch: number, over: () => boolean): boolean {
    if (this.#done) return true;
    for (let steps = 1; ; steps++) {
      const { value: cell, done } = this.#walk.next();
      if (done === true) break;
      if (cell.guard <= this.#epoch) {
        this.capture(cell);
        cell.guard = newEpoch;
      }
      if ((steps & 15) === 0 && over()) return false;
    }
    this.#done = true;
    return true;
  }

  take(): EncodedState {
    this.#tombstones.finish();
    this.#puts.finish();
    return {
      chunks: [...this.#tombstones.chunks, ...this.#puts.chunks],
      bytes: this.#tombstones.bytes + this.#puts.bytes,
      records: this.#tombstones.records + this.#puts.records,
    };
  }

  #encode(cell: StateCell<unknown>): void {
    const evicted = cell.evicted;
    if (evicted) this.#load(cell);
    const absent = cell.value === undefined;
    if (!absent || cell.stored) {
      this.#key.reset();
      cell.table.encodeKey(cell, this.#key);
      if (absent) this.#tombstones.tombstone(this.#key.view());
      else {
        this.#value.reset();
        cell.table.encodeValue(cell, this.#value);
        this.#puts.put(this.#key.view(), this.#value.view());
        cell.stored = true;
      }
    }
    if (evicted) {
      cell.value = undefined;
      cell.evicted = true;
    }
  }
}

function* bothOf(changed: readonly StateCell<unknown>[], everything: Iterable<StateCell<unknown>>): Iterator<StateCell<unknown>> {
  yield* changed;
  yield* everything;
}
