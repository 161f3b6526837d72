import { checkMapKey } from "@millrace/contracts";
import { limits, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { Entries, EntriesFormat } from "./entries.ts";
import { CURSOR_END, cursorOf, entryHash, neighbourHash, pageAtCursor, pageOf, partnerOf } from "./linear-hash.ts";
import { Pages } from "./pages.ts";
import { UNPAGED_AGAIN } from "./unpaged.ts";

/** Maps of more entries have smaller pages: where changes are spread over many, little is encoded for each. */
const LARGE = limits.pageElementsMax * 64;
/** Average entries of a page below which the last one is merged away: far from where any splits. */
const MERGE_BELOW = limits.pageElementsMax / 8;
/** At most so many at a change: a map that has just become large (`LARGE`) comes to its smaller pages step by step. */
const SPLITS_AT_ONCE = 2;

/** What is known of a map with pages before they are read. */
export interface Paging {
  readonly size: number;
  /** Its pages are those of `neighbourHash`, not those of `entryHash`. In memory that stays: walks over the map go by it. */
  readonly neighbours: boolean;
  readonly pages: number;
}

/** Entries side by side in the order of cursors, and the cursor behind them. */
export interface EntriesPart<K, V> {
  readonly entries: [K, V][];
  readonly end: number;
}

/** The entries of a map that is, or was, too large for one record: in pages by hash. */
export class PagedEntries<K, V> {
  readonly pages: Pages<Entries<K, V>>;
  readonly neighbours: boolean;
  #size: number;
  /** undefined while there are pages: to look at those costs several lines of the cache. */
  #small: Entries<K, V> | undefined;
  readonly #format: EntriesFormat<K, V>;

  constructor(cells: CellMap<unknown>, mapKey: PrimitiveKey, format: EntriesFormat<K, V>, paging: Paging) {
    this.pages = new Pages(cells, mapKey, format, paging.pages);
    this.neighbours = paging.neighbours;
    this.#size = paging.size;
    this.#format = format;
  }

  get size(): number {
    return this.#size;
  }

  /** All entries, where there are so few that they have no pages any more. */
  get small(): Entries<K, V> | undefined {
    return this.#small;
  }

  /** The entries among which the key is, if it is. */
  around(key: K): Entries<K, V> {
    return this.#small ?? this.pages.read(this.#pageOf(key));
  }

  /** Whether the head's own record has changed. */
  put(key: K, value: V): boolean {
    const paged = this.#small === undefined;
    const entries = this.#toChange(key);
    const before = entries.size;
    entries.set(key, value);
    const grown = entries.size > before;
    if (grown) {
      this.#size++;
      this.#grow();
    }
    return grown || !paged;
  }

  /** The key is there. */
  remove(key: K): void {
    this.#toChange(key).delete(key);
    this.#size--;
    this.#shrink();
  }

  clear(): void {
    this.pages.dropAll();
    this.#small = this.#format.empty();
    this.#size = 0;
  }

  /** Those that are too many for one record move to pages: all at once, since they may not grow any more. */
  adopt(entries: Entries<K, V>): void {
    this.pages.add(entries);
    this.#size = entries.size;
    this.#small = undefined;
    this.#split(Number.POSITIVE_INFINITY);
  }

  /** The entries from a cursor on, as far as one page goes; what `PagedMap.entries` says of changes holds. */
  partFrom(cursor: number): EntriesPart<K, V> {
    if (this.#size === 0) return { entries: [], end: CURSOR_END };
    const small = this.#small;
    const span = small === undefined ? pageAtCursor(cursor, this.pages.count) : { page: 0, start: 0, end: CURSOR_END };
    const entries = this.#format.list(small ?? this.pages.read(span.page));
    // A merge can bring back entries that were visited in a page of their own.
    return { entries: cursor === span.start ? entries : entriesFrom(entries, cursor, this.neighbours), end: span.end };
  }

  #pageOf(key: K): number {
    return pageOf(hashOf(key, this.neighbours), this.pages.count);
  }

  /** What they are without pages is part of the head's record. */
  #toChange(key: K): Entries<K, V> {
    return this.#small ?? this.pages.change(this.#pageOf(key));
  }

  #grow(): void {
    if (this.#small === undefined) this.#split(SPLITS_AT_ONCE);
    else if (this.#format.needPages(this.#small)) this.adopt(this.#small);
  }

  #split(most: number): void {
    const { pages } = this;
    for (let splits = 0; splits < most && this.#size > pages.count * splitAbove(this.#size); splits++) {
      const added = pages.count;
      pages.add(this.#format.split(pages.change(partnerOf(added)), (key) => pageOf(hashOf(key, this.neighbours), added + 1) === added));
    }
  }

  #shrink(): void {
    const { pages } = this;
    if (this.#small !== undefined) return;
    if (this.#size <= UNPAGED_AGAIN) {
      const small = this.#format.empty();
      for (let page = 0; page < pages.count; page++) this.#copy(pages.read(page), small);
      pages.dropAll();
      this.#small = small;
      return;
    }
    while (pages.count > 1 && this.#size < pages.count * MERGE_BELOW) {
      const last = pages.count - 1;
      this.#copy(pages.read(last), pages.change(partnerOf(last)));
      pages.dropLast();
    }
  }

  #copy(from: Entries<K, V>, to: Entries<K, V>): void {
    for (const [key, value] of this.#format.list(from)) to.set(key, value);
  }
}

/** Those that no walk has come to whose cursor this is; `neighbours` as in `Paging`. */
export function entriesFrom<K, V>(entries: [K, V][], cursor: number, neighbours: boolean): [K, V][] {
  return entries.filter(([key]) => cursorOf(hashOf(key, neighbours)) >= cursor);
}

function hashOf(key: unknown, neighbours: boolean): number {
  if (typeof key === "object" || typeof key === "undefined") checkMapKey(key);
  return neighbours ? neighbourHash(key as PrimitiveKey) : entryHash(key as PrimitiveKey);
}

/** Average entries of a page above which one splits; those that wait for their split hold up to twice as many. */
function splitAbove(size: number): number {
  return size > LARGE ? (limits.pageElementsMax * 3) / 8 : limits.pageElementsMax;
}
