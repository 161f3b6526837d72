import type { PrimitiveKey } from "@millrace/core";
import type { StateRegistry } from "../backend/state-registry.ts";
import { CellMap } from "../cells/cell-map.ts";
import { NO_SLOT, slotFlags } from "../cells/slots.ts";
import { readRecordHead } from "../format/record-key.ts";
import type { KeyScope } from "../keys/key-scope.ts";
import type { Cleaner } from "./cleaners.ts";

/** The clock is read after so many entries. */
const ENTRIES_PER_CLOCK = 16;

/** As `StateTier.keysAfter`. */
type KeysAfter = (after: Uint8Array | undefined) => Promise<readonly Uint8Array[]>;

interface Candidate {
  readonly cells: CellMap<unknown>;
  readonly mapKey: PrimitiveKey;
  readonly clean: Cleaner;
  /** It is only in memory because it was looked at. */
  readonly passing: boolean;
}

/** A cursor over the entries of all states that expire: first those in memory, then those in the local store. */
export class Cleanup {
  readonly #registry: StateRegistry;
  readonly #scope: KeyScope;
  readonly #monotonic: () => number;
  readonly #keysAfter: KeysAfter | undefined;
  #cursor: Iterator<Candidate | undefined> | undefined;
  #batch: readonly Uint8Array[] | undefined;
  #loading = false;
  #failure: unknown;

  constructor(registry: StateRegistry, scope: KeyScope, monotonic: () => number, keysAfter: KeysAfter | undefined) {
    this.#registry = registry;
    this.#scope = scope;
    this.#monotonic = monotonic;
    this.#keysAfter = keysAfter;
  }

  /** As `KeyedBackend.cleanupSlice`. Leaves another key current. */
  run(budgetMs: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    this.#cursor ??= this.#candidates();
    const until = this.#monotonic() + budgetMs;
    for (let count = 1; ; count++) {
      const next = this.#cursor.next();
      if (next.done === true) {
        this.#cursor = undefined;
        return true;
      }
      // The local store is being read.
      if (next.value === undefined) return false;
      this.#clean(next.value);
      if (count % ENTRIES_PER_CLOCK === 0 && this.#monotonic() >= until) return false;
    }
  }

  #clean({ cells, mapKey, clean, passing }: Candidate): void {
    this.#scope.setMapKey(mapKey);
    clean(cells);
    if (passing) cells.letGo(mapKey);
  }

  *#candidates(): Generator<Candidate | undefined> {
    const { expiring, slots } = this.#registry;
    if (expiring.length === 0) return;
    const cleaners = new Map(expiring.map(({ table, cleaner }) => [table, cleaner]));
    for (let slot = NO_SLOT + 1; slot < slots.end; slot++) {
      const cells = slots.owners[slot];
      const clean = cells instanceof CellMap ? cleaners.get(cells.table) : undefined;
      if (clean === undefined || ((slots.states[slot] as number) & slotFlags.GONE) !== 0) continue;
      yield { cells: cells as CellMap<unknown>, mapKey: slots.keys[slot] as PrimitiveKey, clean, passing: false };
    }
    if (this.#keysAfter !== undefined) yield* this.#stored(this.#keysAfter);
  }

  *#stored(keysAfter: KeysAfter): Generator<Candidate | undefined> {
    let after: Uint8Array | undefined;
    for (;;) {
      this.#load(keysAfter, after);
      while (this.#loading) yield undefined;
      const keys: readonly Uint8Array[] = this.#batch ?? [];
      if (keys.length === 0) return;
      after = keys.at(-1);
      for (const key of keys) {
        const candidate = this.#candidateOf(key);
        if (candidate !== undefined) yield candidate;
      }
    }
  }

  #candidateOf(recordKey: Uint8Array): Candidate | undefined {
    const { stateId } = readRecordHead(recordKey);
    const open = this.#registry.expiring.find(({ table }) => table.id === stateId);
    if (open?.cleaner === undefined) return undefined;
    const { cells, mapKey } = open.table.entryOf(recordKey);
    return !cells.knows(mapKey) ? { cells, mapKey, clean: open.cleaner, passing: true } : undefined;
  }

  #load(keysAfter: KeysAfter, after: Uint8Array | undefined): void {
    this.#loading = true;
    keysAfter(after).then(
      (keys) => {
        this.#batch = keys;
        this.#loading = false;
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
  }
}
