import type { CellMap } from "../cells/cell-map.ts";
import type { PagedList } from "../pages/paged-list.ts";
import type { PagedMap } from "../pages/paged-map.ts";
import type { Expiry, Timed } from "./timed.ts";

/** Removes what has expired under the current key of these cells. The removals are changes like any other. */
export type Cleaner = (cells: CellMap<unknown>) => void;

export function cellCleaner(expiry: Expiry): Cleaner {
  return (cells) => {
    const timed = cells.get() as Timed<unknown> | undefined;
    if (timed !== undefined && expiry.isExpired(timed)) cells.remove();
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
  };
}

export function mapCleaner<K, V>(map: PagedMap<K, Timed<V>>, expiry: Expiry): Cleaner {
  return (cells) => {
    const looked = map.cells;
    map.cells = cells as typeof looked;
    for (const [key, timed] of map.entries()) if (expiry.isExpired(timed)) map.remove(key);
    map.cells = looked;
  };
}
