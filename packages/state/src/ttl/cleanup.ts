import type { StateRegistry } from "../backend/state-registry.ts";
import type { CellMap } from "../cells/cell-map.ts";
import type { Slot } from "../cells/slot.ts";
import type { KeyScope } from "../keys/key-scope.ts";
import type { Cleaner } from "./cleaners.ts";

/** The clock is read after so many entries. */
const ENTRIES_PER_CLOCK = 16;

interface Candidate {
  readonly cells: CellMap<unknown>;
  readonly slot: Slot<unknown>;
  readonly clean: Cleaner;
}

/** A cursor over the entries in memory of all states that expire. */
export class Cleanup {
  readonly #registry: StateRegistry;
  readonly #scope: KeyScope;
  readonly #monotonic: () => number;
  #cursor: Iterator<Candidate> | undefined;

  constructor(registry: StateRegistry, scope: KeyScope, monotonic: () => number) {
    this.#registry = registry;
    this.#scope = scope;
    this.#monotonic = monotonic;
  }

  /** As `KeyedBackend.cleanupSlice`. Leaves another key current. */
  run(budgetMs: number): boolean {
    this.#cursor ??= this.#candidates();
    const until = this.#monotonic() + budgetMs;
    for (let count = 1; ; count++) {
      const next = this.#cursor.next();
      if (next.done === true) {
        this.#cursor = undefined;
        return true;
      }
      const { cells, slot, clean } = next.value;
      this.#scope.setMapKey(slot.key);
      clean(cells);
      if (count % ENTRIES_PER_CLOCK === 0 && this.#monotonic() >= until) return false;
    }
  }

  *#candidates(): Generator<Candidate> {
    for (const { table, cleaner } of this.#registry.expiring) {
      if (cleaner === undefined) continue;
      for (const cells of table.spaces()) for (const slot of cells.slots()) yield { cells, slot, clean: cleaner };
    }
  }
}
