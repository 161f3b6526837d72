import type { PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";

/**
 * The map keys of one namespace, each once: those in memory, then those that only the local store has. Some may have been
 * removed. Reading them may bring in values and let others go, but no key may be added meanwhile.
 */
export function* keysOf(cells: CellMap<unknown>, recordKeys: Iterable<Uint8Array> | undefined): Generator<PrimitiveKey> {
  const inMemory = new Set(cells.keys());
  yield* inMemory;
  for (const recordKey of recordKeys ?? []) {
    const entry = cells.table.entryOf(recordKey);
    if (entry.cells.namespace === cells.namespace && !inMemory.has(entry.mapKey)) yield entry.mapKey;
  }
}
