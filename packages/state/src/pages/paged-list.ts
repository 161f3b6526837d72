import { type Codec, readLength } from "@millrace/codec";
import { limits, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { ValueFormat } from "../cells/value-format.ts";
import { type PageFormat, Pages } from "./pages.ts";

const PAGE_ELEMENTS_MAX = limits.pageElementsMax;

/** A list: full pages that no longer change, and a tail that stands in the head's own record. */
export interface ListHead<V> {
  readonly pages: Pages<V[]>;
  tail: V[];
}

export function listFormat<V>(codec: Codec<V>, kind = "list"): ValueFormat<ListHead<V>> {
  const page = elementsFormat(codec);
  return {
    kind,
    fingerprint: codec.fingerprint,
    encode(head, writer) {
      writer.varint(head.pages.count);
      page.encode(head.tail, writer);
    },
    decode: (reader, cells, mapKey) => ({ pages: newPages(cells, mapKey, page, reader.varint()), tail: page.decode(reader) }),
    pagesOf: (head) => head.pages as Pages<unknown>,
  };
}

/** The operations on the list of the current key. An empty list is no entry. */
export class PagedList<V> {
  readonly #page: PageFormat<V[]>;
  cells: CellMap<ListHead<V>>;

  constructor(cells: CellMap<ListHead<V>>, codec: Codec<V>) {
    this.cells = cells;
    this.#page = elementsFormat(codec);
  }

  /** All elements in a fresh array; undefined when there are none. */
  read(): V[] | undefined {
    const head = this.cells.get();
    if (head === undefined) return undefined;
    if (head.pages.count === 0) return head.tail.slice();
    const all: V[] = [];
    for (let page = 0; page < head.pages.count; page++) for (const element of head.pages.read(page)) all.push(element);
    for (const element of head.tail) all.push(element);
    return all;
  }

  add(value: V): void {
    const head = this.cells.get() ?? this.#newHead();
    append(head, value);
    this.cells.put(head);
  }

  addAll(values: readonly V[]): void {
    if (values.length === 0) return;
    const head = this.cells.get() ?? this.#newHead();
    for (const value of values) append(head, value);
    this.cells.put(head);
  }

  replace(values: readonly V[]): void {
    if (values.length === 0) {
      this.clear();
      return;
    }
    const head = this.cells.get() ?? this.#newHead();
    head.pages.dropAll();
    head.tail = [];
    for (const value of values) append(head, value);
    this.cells.put(head);
  }

  clear(): void {
    const head = this.cells.get();
    if (head === undefined) return;
    head.pages.dropAll();
    this.cells.remove();
  }

  #newHead(): ListHead<V> {
    return { pages: newPages(this.cells, this.cells.ownKey(), this.#page, 0), tail: [] };
  }
}

function append<V>(head: ListHead<V>, value: V): void {
  if (head.tail.length >= PAGE_ELEMENTS_MAX) {
    head.pages.add(head.tail);
    head.tail = [];
  }
  head.tail.push(value);
}

function newPages<V>(cells: CellMap<ListHead<V>>, mapKey: PrimitiveKey, format: PageFormat<V[]>, count: number): Pages<V[]> {
  return new Pages(cells as CellMap<unknown>, mapKey, format, count);
}

function elementsFormat<V>(codec: Codec<V>): PageFormat<V[]> {
  return {
    encode(elements, writer) {
      writer.varint(elements.length);
      for (const element of elements) codec.encode(element, writer);
    },
    decode(reader) {
      const elements: V[] = [];
      for (let left = readLength(reader); left > 0; left--) elements.push(codec.decode(reader));
      return elements;
    },
  };
}
