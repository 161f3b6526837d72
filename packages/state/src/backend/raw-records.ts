import { MillraceError } from "@millrace/core";
import { type LargeMap, withRoom } from "../cells/large-map.ts";
import { verifiedValue } from "../format/checksum.ts";
import type { FileHeader, StateEntry } from "../format/file-header.ts";
import { readRecordHead, recordForms } from "../format/record-key.ts";
import type { RecordWriter } from "../format/record-writer.ts";

/** A record as it stands in a file; `stored` undefined when only its key is known. */
export interface RawRecord {
  readonly key: Uint8Array;
  readonly stored: Uint8Array | undefined;
}

/** Records by the bytes of their keys, so that later ones replace earlier ones. */
type RecordsByKey = LargeMap<string, RawRecord>;

interface RawState {
  cells: RecordsByKey;
  pages: RecordsByKey;
  timers: RecordsByKey;
}

/** What was restored and waits for its state to be declared. */
export class RawRecords {
  readonly #states = new Map<number, RawState>();
  /** Of the restored snapshot's headers, by name. */
  readonly #entries = new Map<string, StateEntry>();

  get isEmpty(): boolean {
    for (const state of this.#states.values()) if (state.cells.size > 0 || state.timers.size > 0) return false;
    return true;
  }

  /** States that nobody has declared (yet). */
  get entries(): Iterable<StateEntry> {
    return this.#entries.values();
  }

  clear(): void {
    this.#states.clear();
    this.#entries.clear();
  }

  learn(header: FileHeader): void {
    for (const entry of header.states) this.#entries.set(entry.name, entry);
  }

  /** Takes in a record or a tombstone. The bytes are copied. */
  add(key: Uint8Array, stored: Uint8Array | undefined): void {
    const { state, kind } = this.#placeOf(key);
    const records = withRoom(state[kind]);
    state[kind] = records;
    records.set(textOf(key), { key: key.slice(), stored: stored?.slice() });
  }

  remove(key: Uint8Array): void {
    const { state, kind } = this.#placeOf(key);
    state[kind].delete(textOf(key));
  }

  /** Checks a declaration against what was restored: STATE_CODEC when its records would be misread. */
  check(declared: StateEntry, uid: string): void {
    const restored = this.#entries.get(declared.name);
    if (restored === undefined) return;
    if (restored.kind !== declared.kind || restored.fingerprint !== declared.fingerprint) {
      throw new MillraceError(
        "STATE_CODEC",
        `state "${declared.name}" was written as ${restored.kind} ${restored.fingerprint} and is now declared as ${declared.kind} ${declared.fingerprint}`,
        { hint: "restore with the declaration it was written with, or give the new state another name", where: { uid } },
      );
    }
  }

  /** Hands over the entries of a state, heads before pages. */
  takeCells(
    name: string,
    id: number,
    cell: (key: Uint8Array, value: Uint8Array | undefined) => void,
    page: (key: Uint8Array, value: Uint8Array) => void,
  ): void {
    this.#entries.delete(name);
    const state = this.#states.get(id);
    if (state === undefined) return;
    for (const { key, stored } of state.cells.values()) cell(key, stored === undefined ? undefined : verifiedValue(key, stored));
    for (const { key, stored } of state.pages.values()) if (stored !== undefined) page(key, verifiedValue(key, stored));
    state.cells.clear();
    state.pages.clear();
  }

  takeTimers(name: string, id: number, timer: (key: Uint8Array) => void): void {
    this.#entries.delete(name);
    const state = this.#states.get(id);
    if (state === undefined) return;
    for (const { key } of state.timers.values()) timer(key);
    state.timers.clear();
  }

  /** Writes what is left into a base: state that was not declared is kept. */
  *copyTo(writer: RecordWriter): Generator<void> {
    for (const state of this.#states.values()) {
      for (const records of [state.cells, state.pages, state.timers]) {
        for (const { key, stored } of records.values()) {
          if (stored === undefined) continue;
          writer.copy(key, stored);
          yield;
        }
      }
    }
  }

  #placeOf(key: Uint8Array): { readonly state: RawState; readonly kind: keyof RawState } {
    const { stateId, form } = readRecordHead(key);
    let state = this.#states.get(stateId);
    if (state === undefined) {
      state = { cells: new Map(), pages: new Map(), timers: new Map() };
      this.#states.set(stateId, state);
    }
    if (form === recordForms.timer) return { state, kind: "timers" };
    return { state, kind: form === recordForms.page ? "pages" : "cells" };
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
