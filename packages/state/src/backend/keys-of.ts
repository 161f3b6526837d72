import type { PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import { type LargeMap, withRoom } from "../cells/large-map.ts";

/**
 * The map keys of one namespace, each once: those in memory, then those that only the local store has. Some may have been
 * removed. Reading them may bring in values and let others go, but no key may be added meanwhile.
 */
export function* keysOf(cells: CellMap<unknown>, recordKeys: Iterable<Uint8Array> | undefined): Generator<PrimitiveKey> {
  const keys = cells.keys();
  yield* keys;
  if (recordKeys === undefined) return;
  let inMemory: LargeMap<PrimitiveKey, true> = new Map<PrimitiveKey, true>();
  for (const key of keys) {
    inMemory = withRoom(inMemory);
    inMemory.set(key, true);
  }
  for (const recordKey of recordKeys) {
    const entry = cells.table.entryOf(recordKey);
    if (entry.cells.namespace === cells.namespace && !inMemory.has(entry.mapKey)) yield entry.mapKey;
  }
}
