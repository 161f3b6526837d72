import type { Namespace } from "@millrace/contracts";
import type { PrimitiveKey } from "@millrace/core";
import type { StateRegistry } from "../backend/state-registry.ts";
import { CellMap } from "../cells/cell-map.ts";
import { NO_SLOT, slotFlags } from "../cells/slots.ts";
import type { Table } from "../cells/table.ts";
import { readRecordHead } from "../format/record-key.ts";
import type { KeyScope } from "../keys/key-scope.ts";
import { CURSOR_END } from "../pages/linear-hash.ts";
import type { Cleaner } from "./cleaners.ts";

/** As `StateTier.keysAfter`. */
type KeysAfter = (after: Uint8Array | undefined) => Promise<readonly Uint8Array[]>;

/** Which entry it is, while it may come and go. */
interface Candidate {
  readonly table: Table<unknown>;
  readonly namespace: Namespace;
  readonly mapKey: PrimitiveKey;
  readonly clean: Cleaner;
  /** It is only in memory because it was looked at. */
  readonly passing: boolean;
}

/** What a step of the round has done: looked at an entry or a part of one, or nothing, because the local store is being read. */
type Step = "looked" | "reading";

/** Goes round over the entries of all states that expire: first those in memory, then those in the local store. */
export class Cleanup {
  readonly #registry: StateRegistry;
  readonly #scope: KeyScope;
  readonly #monotonic: () => number;
  readonly #keysAfter: KeysAfter | undefined;
  #steps: Iterator<Step> | undefined;
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
    this.#steps ??= this.#round();
    const until = this.#monotonic() + budgetMs;
    for (;;) {
      const { done, value } = this.#steps.next();
      if (done === true) {
        this.#steps = undefined;
        return true;
      }
      if (value === "reading" || this.#monotonic() >= until) return false;
    }
  }

  *#round(): Generator<Step> {
    for (const candidate of this.#candidates()) {
      if (candidate === undefined) yield "reading";
      else yield* this.#clean(candidate);
    }
  }

  /** The cells are asked for part by part: a namespace that has become empty is forgotten, and made anew. */
  *#clean({ table, namespace, mapKey, clean, passing }: Candidate): Generator<Step> {
    for (let cursor = 0; cursor < CURSOR_END; yield "looked") {
      this.#scope.setMapKey(mapKey);
      cursor = clean(table.of(namespace), cursor);
    }
    if (passing) table.of(namespace).letGo(mapKey);
  }

  *#candidates(): Generator<Candidate | undefined> {
    const { expiring, slots } = this.#registry;
    if (expiring.length === 0) return;
    const cleaners = new Map(expiring.map(({ table, cleaner }) => [table, cleaner]));
    for (let slot = NO_SLOT + 1; slot < slots.end; slot++) {
      const cells = slots.owners[slot];
      const clean = cells instanceof CellMap ? cleaners.get(cells.table) : undefined;
      if (clean === undefined || ((slots.states[slot] as number) & slotFlags.GONE) !== 0) continue;
      const { table, namespace } = cells as CellMap<unknown>;
      yield { table, namespace, mapKey: slots.keys[slot] as PrimitiveKey, clean, passing: false };
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
    return cells.knows(mapKey) ? undefined : { table: cells.table, namespace: cells.namespace, mapKey, clean: open.cleaner, passing: true };
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
