import { type ByteReader, type ByteWriter, createReader, createWriter, decodeKey, encodeKey } from "@millrace/codec";
import type { CellTable, Namespace, NamespaceCodec } from "@millrace/contracts";
import { assert, type PrimitiveKey } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { RECORD_HEAD_BYTES, type RecordForm, recordForms, stateIdOf, writeRecordHead } from "../format/record-key.ts";
import { CellMap } from "./cell-map.ts";
import { encodingError } from "./changes.ts";
import { Footprint } from "./footprint.ts";
import type { KeyIndex, WornTable } from "./key-index.ts";
import { type LargeMap, withRoom } from "./large-map.ts";
import { SlotIndex } from "./slot-index.ts";
import type { TableContext } from "./table-context.ts";
import type { ValueFormat } from "./value-format.ts";

export interface TableOptions<V> {
  readonly name: string;
  readonly format: ValueFormat<V>;
  readonly namespaceCodec: NamespaceCodec<Namespace>;
  /** All keys and namespaces stay in memory even when the values do not, so that a namespace can be walked. */
  readonly indexed: boolean;
  /** Of the one namespace of a table whose keys stand in other tables as well. Absent: each namespace has an index of its own. */
  readonly index?: KeyIndex | undefined;
}

const scratch = createWriter(256);

/** All entries of one state name, namespace by namespace. */
export class Table<V> implements CellTable<Namespace, V> {
  readonly name: string;
  readonly id: number;
  readonly form: RecordForm;
  readonly format: ValueFormat<V>;
  readonly indexed: boolean;
  readonly context: TableContext;
  readonly footprint = new Footprint();
  readonly pageFootprint = new Footprint();
  /** Of the namespace that was drained last: a window's successor has about as many keys. */
  worn: WornTable | undefined;
  readonly #namespaceCodec: NamespaceCodec<Namespace>;
  readonly #index: KeyIndex | undefined;
  #spaces: LargeMap<Namespace, CellMap<V>> = new Map<Namespace, CellMap<V>>();
  #last: CellMap<V> | undefined;

  constructor(context: TableContext, options: TableOptions<V>) {
    this.context = context;
    this.name = options.name;
    this.id = stateIdOf(options.name);
    this.form = options.indexed ? recordForms.indexedCell : recordForms.cell;
    this.format = options.format;
    this.indexed = options.indexed;
    this.#namespaceCodec = options.namespaceCodec;
    this.#index = options.index;
  }

  of(namespace: Namespace): CellMap<V> {
    const last = this.#last;
    if (last !== undefined && Object.is(last.namespace, namespace)) return last;
    const cells = this.#spaces.get(namespace) ?? new CellMap<V>(this, namespace);
    if (this.indexed) cells.enlist();
    this.#last = cells;
    return cells;
  }

  /** For a namespace that has none yet. */
  newIndex(): KeyIndex {
    if (this.#index !== undefined) {
      assert(this.#spaces.size === 0, "a table that shares its keys has one namespace");
      return this.#index;
    }
    const { worn } = this;
    this.worn = undefined;
    return new SlotIndex(this.context.slots, worn);
  }

  *namespaces(): IterableIterator<Namespace> {
    for (const cells of this.#spaces.values()) if (cells.size > 0) yield cells.namespace;
  }

  has(namespace: Namespace): boolean {
    return (this.#spaces.get(namespace)?.size ?? 0) > 0;
  }

  list(cells: CellMap<V>): void {
    const known = this.#spaces.get(cells.namespace);
    assert(known === undefined || known === cells, "a namespace has one map of cells");
    this.#spaces = withRoom(this.#spaces);
    this.#spaces.set(cells.namespace, cells);
  }

  unlist(cells: CellMap<V>): void {
    this.#spaces.delete(cells.namespace);
  }

  /** Writes the key of an entry's record. */
  writeKey(mapKey: PrimitiveKey, namespace: Namespace, writer: ByteWriter, form: RecordForm = this.form): void {
    const { scope } = this.context;
    const key = scope.keyOf(mapKey);
    writeRecordHead(writer, scope.keyGroupOf(key), form, this.id);
    encodeKey(key, writer);
    this.#namespaceCodec.encode(namespace, writer);
  }

  /** Takes in a record of a snapshot or of the local store. `encoded` undefined: only that it exists. */
  load(recordKey: Uint8Array, encoded: Uint8Array | undefined): void {
    const { mapKey, namespace } = this.#placeOf(createReader(recordKey, RECORD_HEAD_BYTES));
    this.of(namespace).load(mapKey, encoded);
    if (this.context.cold === undefined) this.context.counts.entries++;
  }

  /** Where the entry of a record belongs. */
  entryOf(recordKey: Uint8Array): { readonly cells: CellMap<V>; readonly mapKey: PrimitiveKey } {
    const { mapKey, namespace } = this.#placeOf(createReader(recordKey, RECORD_HEAD_BYTES));
    return { cells: this.of(namespace), mapKey };
  }

  /** As `load`, for a page; its head is there already. */
  loadPage(recordKey: Uint8Array, encoded: Uint8Array): void {
    const reader = createReader(recordKey, RECORD_HEAD_BYTES);
    const { mapKey, namespace } = this.#placeOf(reader);
    const head = this.#spaces.get(namespace)?.peek(mapKey);
    const pages = head === undefined ? undefined : this.format.pagesOf?.(head);
    if (pages === undefined) throw corruptState(`a page of state "${this.name}" has no head`);
    pages.load(reader.varint(), encoded);
  }

  /** Encodes a value for its size alone, and so that what can't be encoded is refused where it is written. */
  sample(slotKey: PrimitiveKey, value: V): void {
    scratch.reset();
    try {
      this.format.encode(value, scratch);
    } catch (error) {
      throw this.explain(slotKey, error);
    }
    this.footprint.observe(scratch.length);
  }

  explain(slotKey: PrimitiveKey, error: unknown): unknown {
    return encodingError(
      error,
      this.context.uid,
      this.name,
      JSON.stringify(slotKey, (_, part) => (typeof part === "bigint" ? `${part}` : part)),
    );
  }

  #placeOf(reader: ByteReader): { readonly mapKey: PrimitiveKey; readonly namespace: Namespace } {
    const mapKey = this.context.scope.mapKeyOf(decodeKey(reader));
    return { mapKey, namespace: this.#namespaceCodec.decode(reader) };
  }
}
