import { isCorrupt } from "@millrace/checkpoint";
import type { FileHeader } from "../format/file-header.ts";
import { compareBytes } from "./byte-order.ts";
import { hashOfKey } from "./key-filter.ts";
import { REMOVED, type Run } from "./run.ts";
import type { RunCursor } from "./run-cursor.ts";

interface FoundRecord {
  readonly key: Uint8Array;
  readonly stored: Uint8Array;
}

/** The runs of one operator, oldest first: what is committed, and what was added since. */
export class OperatorRuns {
  /** Of the newest file that was added. */
  header: FileHeader | undefined;
  committed: readonly Run[] = [];
  committedHeader: FileHeader | undefined;
  #staged: readonly Run[] = [];
  #all: readonly Run[] = [];
  /** A merge of some of the committed ones is under way. */
  merging = false;
  readonly #onDamage: () => void;

  /** `onDamage`: called when what `range` reads does not fit its checksum. */
  constructor(onDamage: () => void) {
    this.#onDamage = onDamage;
  }

  get all(): readonly Run[] {
    return this.#all;
  }

  /** Reads see it from now on; it is not part of the store before `commit`. */
  stage(run: Run): void {
    this.#staged = [...this.#staged, run];
    this.#all = [...this.committed, ...this.#staged];
  }

  commit(): void {
    this.committed = this.#all;
    this.committedHeader = this.header;
    this.#staged = [];
  }

  /** Puts a merged run, if anything was left, in the place of neighbours. */
  replace(old: readonly Run[], merged: Run | undefined): void {
    const at = this.committed.indexOf(old[0] as Run);
    this.committed = this.committed.toSpliced(at, old.length, ...(merged === undefined ? [] : [merged]));
    this.#all = [...this.committed, ...this.#staged];
  }

  /** The value and checksum under a key; good until the next call. */
  get(key: Uint8Array): Uint8Array | undefined {
    const runs = this.#all;
    if (runs.length === 0) return undefined;
    const hash = hashOfKey(key, 0, key.length);
    for (let index = runs.length - 1; index >= 0; index--) {
      const found = (runs[index] as Run).get(key, hash);
      if (found !== undefined) return found === REMOVED ? undefined : found;
    }
    return undefined;
  }

  /** Records from `from` up to but without `to`, in order, each once, tombstones left out; without waiting. Views are good until the next step. */
  *range(from: Uint8Array, to: Uint8Array): Generator<FoundRecord> {
    try {
      yield* this.#merged(from, to);
    } catch (error) {
      if (isCorrupt(error)) this.#onDamage();
      throw error;
    }
  }

  *#merged(from: Uint8Array, to: Uint8Array): Generator<FoundRecord> {
    const cursors = this.#all.map((run) => run.cursor(from)).filter((cursor) => moveTo(cursor, from));
    while (cursors.length > 0) {
      let least = 0;
      for (let index = 1; index < cursors.length; index++) if (compare(cursors[index], cursors[least]) <= 0) least = index;
      const { frames } = cursors[least] as RunCursor;
      const key = frames.bytes.subarray(frames.keyAt, frames.keyEnd);
      if (compareBytes(key, 0, key.length, to, 0, to.length) >= 0) return;
      if (!frames.tombstone) yield { key, stored: frames.bytes.subarray(frames.keyEnd, frames.frameEnd) };
      const same = cursors.filter((cursor, index) => index === least || compare(cursor, cursors[least]) === 0);
      for (const cursor of same) if (!cursor.step() && !cursor.fillSync()) cursors.splice(cursors.indexOf(cursor), 1);
    }
  }
}

function moveTo(cursor: RunCursor, from: Uint8Array): boolean {
  const { frames } = cursor;
  do {
    if (!cursor.step() && !cursor.fillSync()) return false;
  } while (compareBytes(frames.bytes, frames.keyAt, frames.keyEnd, from, 0, from.length) < 0);
  return true;
}

function compare(a: RunCursor | undefined, b: RunCursor | undefined): number {
  const [left, right] = [(a as RunCursor).frames, (b as RunCursor).frames];
  return compareBytes(left.bytes, left.keyAt, left.keyEnd, right.bytes, right.keyAt, right.keyEnd);
}
