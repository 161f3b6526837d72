import type { Codec } from "@millrace/codec";
import type { PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { ValueFormat } from "../cells/value-format.ts";
import { type Entries, type EntriesFormat, entriesFormat } from "./entries.ts";
import { CURSOR_END } from "./linear-hash.ts";
import { type EntriesPart, entriesFrom, PagedEntries } from "./paged-entries.ts";
import type { Pages } from "./pages.ts";

/** At the end of a head with pages: they are those of `neighbourHash`. Older heads end before it. */
const NEIGHBOURS = 1;

/** What stands for a map: its entries, and for one that has been too large for one record, what has its pages. */
export type MapHead<K, V> = Entries<K, V> | PagedEntries<K, V>;

export function mapFormat<K, V>(keyCodec: Codec<K>, codec: Codec<V>, kind = "map"): ValueFormat<MapHead<K, V>> {
  const format = entriesFormat(keyCodec, codec);
  return {
    kind,
    fingerprint: `${keyCodec.fingerprint}:${codec.fingerprint}`,
    encode(head, writer) {
      const small = isPaged(head) ? head.small : head;
      if (small !== undefined) {
        writer.varint(0);
        format.encode(small, writer);
        return;
      }
      const { pages, size, neighbours } = head as PagedEntries<K, V>;
      writer.varint(pages.count);
      writer.varint(size);
      if (neighbours) writer.u8(NEIGHBOURS);
    },
    decode(reader, cells, mapKey) {
      const pages = reader.varint();
      if (pages === 0) {
        const entries = format.decode(reader);
        if (cells.table.context.cold?.hasEvicted === true) format.cameBack(entries);
        return entries;
      }
      const size = reader.varint();
      return new PagedEntries(cells as CellMap<unknown>, mapKey, format, { size, neighbours: reader.remaining > 0, pages });
    },
    pagesOf: (head) => (isPaged(head) ? (head.pages as Pages<unknown>) : undefined),
  };
}

/** Which map it is, whatever key and namespace are current by now. */
export interface MapPlace<K, V> {
  readonly cells: CellMap<MapHead<K, V>>;
  readonly mapKey: PrimitiveKey;
}

/** The operations on the map of the current key. An empty map is no entry. */
export class PagedMap<K, V> {
  readonly #format: EntriesFormat<K, V>;
  cells: CellMap<MapHead<K, V>>;

  constructor(cells: CellMap<MapHead<K, V>>, keyCodec: Codec<K>, codec: Codec<V>) {
    this.cells = cells;
    this.#format = entriesFormat(keyCodec, codec);
  }

  get isEmpty(): boolean {
    return this.cells.get() === undefined;
  }

  get(key: K): V | undefined {
    const head = this.cells.get();
    return head === undefined ? undefined : around(head, key).get(key);
  }

  has(key: K): boolean {
    const head = this.cells.get();
    return head !== undefined && around(head, key).has(key);
  }

  put(key: K, value: V): void {
    const head = this.cells.get();
    if (isPaged(head)) {
      if (head.put(key, value)) this.cells.put(head);
      return;
    }
    const entries = head ?? this.#format.empty();
    entries.set(key, value);
    this.cells.put(this.#format.needPages(entries) ? this.#paged(entries) : entries);
  }

  /** False when there was none. */
  remove(key: K): boolean {
    const head = this.cells.get();
    if (head === undefined || !around(head, key).has(key)) return false;
    if (isPaged(head)) head.remove(key);
    else head.delete(key);
    if (head.size > 0) this.cells.put(head);
    else this.cells.remove();
    return true;
  }

  clear(): void {
    const head = this.cells.get();
    if (head === undefined) return;
    if (isPaged(head)) head.clear();
    this.cells.remove();
  }

  /**
   * The entries of the current key, page by page. Changes while it runs are fine, and so is another key: an entry that is there all
   * the time comes exactly once, because it keeps its place in the order of cursors when pages split or merge.
   */
  entries(): IterableIterator<[K, V]> {
    const head = this.cells.get();
    if (head === undefined) return [].values();
    if (!isPaged(head)) return this.#format.list(head).values();
    return head.small === undefined ? this.#walk(this.place, head.neighbours) : this.#format.list(head.small).values();
  }

  /** The entries of the current key from a cursor on, 0 at first, as far as one page goes; between two parts anything may change. */
  part(cursor: number): EntriesPart<K, V> {
    return this.#partFrom(this.cells.get(), cursor, true);
  }

  /** The map of the current key. */
  get place(): MapPlace<K, V> {
    return { cells: this.cells, mapKey: this.cells.table.context.scope.requireMapKey() };
  }

  /** Does something with the map of that place. */
  at<T>({ cells, mapKey }: MapPlace<K, V>, act: () => T): T {
    const looked = this.cells;
    this.cells = cells;
    try {
      return cells.table.context.scope.as(mapKey, act);
    } finally {
      this.cells = looked;
    }
  }

  /** The head is asked for page by page: under another key it may be let go, and come again without its pages. */
  *#walk(place: MapPlace<K, V>, neighbours: boolean): IterableIterator<[K, V]> {
    for (let cursor = 0; cursor < CURSOR_END; ) {
      const { entries, end } = this.#partFrom(
        this.at(place, () => this.cells.get()),
        cursor,
        neighbours,
      );
      for (const entry of entries) yield entry;
      cursor = end;
    }
  }

  #partFrom(head: MapHead<K, V> | undefined, cursor: number, neighbours: boolean): EntriesPart<K, V> {
    if (head === undefined) return { entries: [], end: CURSOR_END };
    if (isPaged(head)) return head.partFrom(cursor);
    const entries = this.#format.list(head);
    return { entries: cursor === 0 ? entries : entriesFrom(entries, cursor, neighbours), end: CURSOR_END };
  }

  #paged(entries: Entries<K, V>): PagedEntries<K, V> {
    const head = new PagedEntries(this.cells as CellMap<unknown>, this.cells.ownKey(), this.#format, { size: 0, neighbours: true, pages: 0 });
    head.adopt(entries);
    return head;
  }
}

/** The entries among which the key is, if it is. */
function around<K, V>(head: MapHead<K, V>, key: K): Entries<K, V> {
  return isPaged(head) ? head.around(key) : head;
}

/** Asked at every access, where `instanceof` would cost more. */
function isPaged<K, V>(head: MapHead<K, V> | undefined): head is PagedEntries<K, V> {
  return head !== undefined && (head as Partial<PagedEntries<K, V>>).pages !== undefined;
}
