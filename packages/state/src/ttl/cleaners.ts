import type { CellMap } from "../cells/cell-map.ts";
import { CURSOR_END } from "../pages/linear-hash.ts";
import type { PagedList } from "../pages/paged-list.ts";
import type { PagedMap } from "../pages/paged-map.ts";
import type { Expiry, Timed } from "./timed.ts";

/**
 * Removes what has expired of the entry that these cells have under the current key, from a cursor on, as far as is done in a moment: one
 * page of a map, and anything else as a whole. Gives the cursor behind it, `CURSOR_END` at the end. Removals are changes like any other.
 */
export type Cleaner = (cells: CellMap<unknown>, cursor: number) => number;

export function cellCleaner(expiry: Expiry): Cleaner {
  return (cells) => {
    const timed = cells.get() as Timed<unknown> | undefined;
    if (timed !== undefined && expiry.isExpired(timed)) cells.remove();
    return CURSOR_END;
  };
}

export function listCleaner<V>(list: PagedList<Timed<V>>, expiry: Expiry): Cleaner {
  return (cells) => {
    const looked = list.cells;
    list.cells = cells as typeof looked;
    const held = list.read() ?? [];
    const fresh = held.filter((timed) => !expiry.isExpired(timed));
    if (fresh.length < held.length) list.replace(fresh);
    list.cells = looked;
    return CURSOR_END;
  };
}

export function mapCleaner<K, V>(map: PagedMap<K, Timed<V>>, expiry: Expiry): Cleaner {
  return (cells, cursor) => {
    const looked = map.cells;
    map.cells = cells as typeof looked;
    const { entries, end } = map.part(cursor);
    for (const [key, timed] of entries) if (expiry.isExpired(timed)) map.remove(key);
    map.cells = looked;
    return end;
  };
}
