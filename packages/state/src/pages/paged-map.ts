import type { Codec } from "@millrace/codec";
import { checkMapKey } from "@millrace/contracts";
import { limits, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { ValueFormat } from "../cells/value-format.ts";
import { CURSOR_END, cursorOf, entryHash, neighbourHash, pageAtCursor, pageOf, partnerOf } from "./linear-hash.ts";
import { type PageFormat, Pages } from "./pages.ts";

/** Beyond it, the entries of a head move to pages. To find a page takes longer than to encode some dozens of entries more. */
const INLINE_MAX = limits.pageElementsMax * 3;
const INLINE_AGAIN = Math.floor(INLINE_MAX / 4);
/** Maps of more entries have smaller pages: where changes are spread over many, little is encoded for each. */
const LARGE = limits.pageElementsMax * 64;
/** Average entries of a page below which the last one is merged away: far from where any splits. */
const MERGE_BELOW = limits.pageElementsMax / 8;
/** At most so many at a change: a map that has just become large comes to its smaller pages step by step. */
const SPLITS_AT_ONCE = 2;

/** At the end of a head with pages: they are those of `neighbourHash`. Older heads end before it. */
const NEIGHBOURS = 1;

/** A map: small ones stand in the head's own record, larger ones in pages by hash. */
export interface MapHead<K, V> {
  size: number;
  /** Its pages are those of `neighbourHash`, not those of `entryHash`. In memory that stays: walks over the map go by it. */
  neighbours: boolean;
  /** undefined while there are pages: to look at those costs several lines of the cache. */
  inline: Map<K, V> | undefined;
  readonly pages: Pages<Map<K, V>>;
}

export function mapFormat<K, V>(keyCodec: Codec<K>, codec: Codec<V>, kind = "map"): ValueFormat<MapHead<K, V>> {
  const page = entriesFormat(keyCodec, codec);
  return {
    kind,
    fingerprint: `${keyCodec.fingerprint}:${codec.fingerprint}`,
    encode(head, writer) {
      writer.varint(head.pages.count);
      if (head.inline !== undefined) {
        page.encode(head.inline, writer);
        return;
      }
      writer.varint(head.size);
      if (head.neighbours) writer.u8(NEIGHBOURS);
    },
    decode(reader, cells, mapKey) {
      const pages = newPages(cells, mapKey, page, reader.varint());
      if (pages.count > 0) return { size: reader.varint(), neighbours: reader.remaining > 0, inline: undefined, pages };
      const inline = page.decode(reader);
      return { size: inline.size, neighbours: true, inline, pages };
    },
    pagesOf: (head) => head.pages as Pages<unknown>,
  };
}

/** The operations on the map of the current key. An empty map is no entry. */
export class PagedMap<K, V> {
  readonly #page: PageFormat<Map<K, V>>;
  cells: CellMap<MapHead<K, V>>;

  constructor(cells: CellMap<MapHead<K, V>>, keyCodec: Codec<K>, codec: Codec<V>) {
    this.cells = cells;
    this.#page = entriesFormat(keyCodec, codec);
  }

  get isEmpty(): boolean {
    return this.cells.get() === undefined;
  }

  get(key: K): V | undefined {
    const head = this.cells.get();
    return head === undefined ? undefined : contentOf(head, key).get(key);
  }

  has(key: K): boolean {
    const head = this.cells.get();
    return head !== undefined && contentOf(head, key).has(key);
  }

  put(key: K, value: V): void {
    const head = this.cells.get() ?? this.#newHead();
    const paged = head.inline === undefined;
    const content = contentToChange(head, key);
    const before = content.size;
    content.set(key, value);
    const grown = content.size > before;
    if (grown) {
      head.size++;
      grow(head);
    }
    if (grown || !paged) this.cells.put(head);
  }

  /** False when there was none. */
  remove(key: K): boolean {
    const head = this.cells.get();
    if (head === undefined || !contentOf(head, key).has(key)) return false;
    contentToChange(head, key).delete(key);
    head.size--;
    if (head.size === 0) {
      head.pages.dropAll();
      this.cells.remove();
    } else {
      shrink(head);
      this.cells.put(head);
    }
    return true;
  }

  clear(): void {
    const head = this.cells.get();
    if (head === undefined) return;
    head.pages.dropAll();
    head.inline = new Map();
    head.size = 0;
    this.cells.remove();
  }

  /**
   * The entries of the current key, page by page. Changes while it runs are fine: an entry that is there all the time comes
   * exactly once, because it keeps its place in the order of cursors when pages split or merge.
   */
  entries(): IterableIterator<[K, V]> {
    const head = this.cells.get();
    if (head === undefined) return [].values();
    return head.inline === undefined ? pagedEntries(head) : [...head.inline].values();
  }

  #newHead(): MapHead<K, V> {
    return { size: 0, neighbours: true, inline: new Map<K, V>(), pages: newPages(this.cells, this.cells.ownKey(), this.#page, 0) };
  }
}

function* pagedEntries<K, V>(head: MapHead<K, V>): IterableIterator<[K, V]> {
  let cursor = 0;
  while (cursor < CURSOR_END && head.size > 0) {
    const { inline, pages } = head;
    const span = inline === undefined ? pageAtCursor(cursor, pages.count) : { page: 0, start: 0, end: CURSOR_END };
    const entries = [...(inline ?? pages.read(span.page))];
    const from = cursor;
    // A merge can bring back entries that were visited in a page of their own.
    for (const entry of entries) if (from === span.start || cursorOf(hashOf(head, entry[0])) >= from) yield entry;
    cursor = span.end;
  }
}

function hashOf({ neighbours }: Pick<MapHead<unknown, unknown>, "neighbours">, key: unknown): number {
  if (typeof key === "object" || typeof key === "undefined") checkMapKey(key);
  return neighbours ? neighbourHash(key as PrimitiveKey) : entryHash(key as PrimitiveKey);
}

function contentOf<K, V>(head: MapHead<K, V>, key: K): Map<K, V> {
  return head.inline ?? head.pages.read(pageOf(hashOf(head, key), head.pages.count));
}

/** The caller says of a head without pages that it has changed. */
function contentToChange<K, V>(head: MapHead<K, V>, key: K): Map<K, V> {
  return head.inline ?? head.pages.change(pageOf(hashOf(head, key), head.pages.count));
}

function grow<K, V>(head: MapHead<K, V>): void {
  const { pages, inline } = head;
  if (inline !== undefined) {
    if (inline.size <= INLINE_MAX) return;
    pages.add(inline);
    head.inline = undefined;
  }
  for (let splits = 0; splits < SPLITS_AT_ONCE && head.size > pages.count * splitAbove(head.size); splits++) split(head);
}

/** Average entries of a page above which one splits; those that wait for their split hold up to twice as many. */
function splitAbove(size: number): number {
  return Math.floor(limits.pageElementsMax * (size > LARGE ? 3 / 8 : 3 / 2));
}

function split<K, V>(head: MapHead<K, V>): void {
  const { pages } = head;
  const added = pages.count;
  const from = pages.change(partnerOf(added));
  const moved = new Map<K, V>();
  for (const [key, value] of from) if (pageOf(hashOf(head, key), added + 1) === added) moved.set(key, value);
  for (const key of moved.keys()) from.delete(key);
  pages.add(moved);
}

function shrink<K, V>(head: MapHead<K, V>): void {
  const { pages } = head;
  if (head.inline !== undefined) return;
  if (head.size <= INLINE_AGAIN) {
    const inline = new Map<K, V>();
    for (let page = 0; page < pages.count; page++) for (const [key, value] of pages.read(page)) inline.set(key, value);
    pages.dropAll();
    head.inline = inline;
    return;
  }
  while (pages.count > 1 && head.size < pages.count * MERGE_BELOW) {
    const last = pages.count - 1;
    const into = pages.change(partnerOf(last));
    for (const [key, value] of pages.read(last)) into.set(key, value);
    pages.dropLast();
  }
}

function newPages<K, V>(cells: CellMap<MapHead<K, V>>, mapKey: PrimitiveKey, format: PageFormat<Map<K, V>>, count: number): Pages<Map<K, V>> {
  return new Pages(cells as CellMap<unknown>, mapKey, format, count);
}

function entriesFormat<K, V>(keyCodec: Codec<K>, codec: Codec<V>): PageFormat<Map<K, V>> {
  return {
    encode(entries, writer) {
      writer.varint(entries.size);
      for (const [key, value] of entries) {
        keyCodec.encode(key, writer);
        codec.encode(value, writer);
      }
    },
    decode(reader) {
      const entries = new Map<K, V>();
      for (let left = reader.varint(); left > 0; left--) {
        const key = keyCodec.decode(reader);
        entries.set(key, codec.decode(reader));
      }
      return entries;
    },
  };
}
