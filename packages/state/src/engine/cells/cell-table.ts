import { type ByteReader, type ByteWriter, type Codec, createReader } from "@millrace/codec";
import type { Cells, CellTable, Namespace } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type MapKey, mapKeyOf, StateCell } from "./cell.ts";
import type { CellStore } from "./cell-store.ts";
import { decodeNamespacedPlace, encodeNamespacedPlace, Table } from "./table.ts";

/** Values by namespace and key. Tables in no namespace use one of their own, and their keys may leave memory. */
export class ValueTable<N extends Namespace, V> extends Table implements CellTable<N, V> {
  readonly store: CellStore;
  readonly codec: Codec<V>;
  readonly #namespaceCodec: Codec<Namespace>;
  readonly #namespaces = new Map<N, NamespaceCells<N, V>>();

  constructor(store: CellStore, kind: "v" | "n", name: string, codec: Codec<V>, namespaceCodec: Codec<N>, maxParallelism: number) {
    super(kind, name, maxParallelism);
    this.store = store;
    this.codec = codec;
    this.#namespaceCodec = namespaceCodec as unknown as Codec<Namespace>;
  }

  of(namespace: N): NamespaceCells<N, V> {
    let cells = this.#namespaces.get(namespace);
    if (cells === undefined) {
      cells = new NamespaceCells(this, namespace);
      this.#namespaces.set(namespace, cells);
    }
    return cells;
  }

  /** The cells of a namespace, if it has any in memory. */
  known(namespace: N): NamespaceCells<N, V> | undefined {
    return this.#namespaces.get(namespace);
  }

  *namespaces(): Iterable<N> {
    for (const [namespace, cells] of this.#namespaces) if (cells.size > 0) yield namespace;
  }

  has(namespace: N): boolean {
    return (this.#namespaces.get(namespace)?.size ?? 0) > 0;
  }

  attach(cells: NamespaceCells<N, V>): void {
    const known = this.#namespaces.get(cells.namespace);
    assert(known === undefined || known === cells, "a namespace has one set of cells");
    this.#namespaces.set(cells.namespace, cells);
  }

  detach(cells: NamespaceCells<N, V>): void {
    if (this.kind === "n") this.#namespaces.delete(cells.namespace);
  }

  get size(): number {
    let size = 0;
    for (const cells of this.#namespaces.values()) size += cells.size;
    return size;
  }

  *cells(): Iterable<StateCell<unknown>> {
    for (const cells of this.#namespaces.values()) yield* cells.all();
  }

  protected encodePlace(cell: StateCell<unknown>, writer: ByteWriter): void {
    encodeNamespacedPlace(cell, this.#namespaceCodec, writer);
  }

  encodeValue(cell: StateCell<unknown>, writer: ByteWriter): void {
    this.codec.encode(cell.value as V, writer);
  }

  restored(place: ByteReader, value: Uint8Array | undefined): void {
    const { namespace, key } = decodeNamespacedPlace(place, this.#namespaceCodec);
    const cell = new StateCell<V>(this, key, namespace, value === undefined ? undefined : this.codec.decode(createReader(value)), 0);
    cell.evicted = value === undefined;
    cell.stored = true;
    this.of(namespace as N).put(cell);
  }
}

/** The cells of one namespace. Hot: one lookup and one comparison of numbers a record. */
export class NamespaceCells<N extends Namespace, V> implements Cells<V> {
  readonly namespace: N;
  readonly #table: ValueTable<N, V>;
  readonly #store: CellStore;
  readonly #map = new Map<MapKey, StateCell<V>>();
  /** Removed cells that stay until the local store has forgotten them too. */
  #dead = 0;

  constructor(table: ValueTable<N, V>, namespace: N) {
    this.#table = table;
    this.#store = table.store;
    this.namespace = namespace;
  }

  get size(): number {
    return this.#map.size - this.#dead;
  }

  cell(): StateCell<V> {
    const cell = this.#map.get(this.#store.mapKey);
    if (cell !== undefined) {
      if (cell.guard !== this.#store.epoch) this.#store.touch(cell);
      return cell;
    }
    return this.#missing();
  }

  write(cell: StateCell<V>, value: V): void {
    if (cell.value === undefined) this.#revive(cell);
    cell.value = value;
    if (cell.changed !== this.#store.epoch) this.#store.changed(cell);
  }

  remove(): void {
    const cell = this.cell();
    if (cell.value !== undefined) this.#bury(cell);
  }

  drain(visit: (value: V) => boolean): boolean {
    const store = this.#store;
    let visited = 0;
    for (const cell of this.#map.values()) {
      visited++;
      if (cell.value === undefined && !cell.evicted) continue;
      store.setCurrent(cell.key);
      if (cell.guard !== store.epoch) store.touch(cell);
      const value = cell.value;
      if (value === undefined) continue;
      cell.value = undefined;
      if (cell.changed !== store.epoch) store.changed(cell);
      this.#dead++;
      if (visit(value)) continue;
      this.#sweep(visited);
      return this.size === 0;
    }
    this.#sweep(visited);
    return true;
  }

  forEach(visit: (value: V) => void): void {
    for (const cell of this.#map.values()) {
      if (cell.value === undefined && !cell.evicted) continue;
      this.#store.setCurrent(cell.key);
      if (cell.guard !== this.#store.epoch) this.#store.touch(cell);
      if (cell.value !== undefined) visit(cell.value);
    }
  }

  *all(): Iterable<StateCell<V>> {
    for (const cell of this.#map.values()) if (cell.value !== undefined || cell.evicted) yield cell;
  }

  put(cell: StateCell<V>): void {
    this.#map.set(mapKeyOf(cell.key), cell);
  }

  /** Lets go of a cell that the local store holds: whole, or but for its key. */
  evict(cell: StateCell<V>): void {
    if (this.#table.kind === "v") this.#map.delete(mapKeyOf(cell.key));
    cell.value = undefined;
    cell.evicted = true;
    cell.guard = 0;
  }

  /** The local store has forgotten a removed cell: nothing has to stand for it any more. */
  forget(cell: StateCell<V>): void {
    const mapKey = mapKeyOf(cell.key);
    if (cell.value !== undefined || cell.evicted || this.#map.get(mapKey) !== cell) return;
    this.#map.delete(mapKey);
    this.#dead--;
    if (this.#map.size === 0) this.#table.detach(this);
  }

  /** A key that is not in memory: read from the local store where it may be there, else a cell that counts once it is written. */
  #missing(): StateCell<V> {
    const store = this.#store;
    const cell = new StateCell<V>(this.#table, store.key, this.namespace, undefined, store.epoch);
    if (this.#table.kind === "v" && store.mayHold(this.#table)) {
      cell.evicted = true;
      store.load(cell);
      if (cell.value !== undefined) {
        cell.stored = true;
        this.#map.set(store.mapKey, cell);
      }
    }
    return cell;
  }

  #revive(cell: StateCell<V>): void {
    const mapKey = this.#store.mapKey;
    if (this.#map.get(mapKey) === cell) {
      this.#dead--;
      return;
    }
    this.#map.set(mapKey, cell);
    this.#table.attach(this);
  }

  /** Drops the removed ones among the first cells; all at once when nothing else is left. */
  #sweep(visited: number): void {
    const { keepsDead } = this.#store;
    if (!keepsDead && this.#dead === this.#map.size) {
      this.#map.clear();
      this.#dead = 0;
    } else {
      let seen = 0;
      for (const [mapKey, cell] of this.#map) {
        if (seen++ === visited) break;
        if (cell.value !== undefined || cell.evicted || (keepsDead && cell.stored)) continue;
        this.#map.delete(mapKey);
        this.#dead--;
      }
    }
    if (this.#map.size === 0) this.#table.detach(this);
  }

  #bury(cell: StateCell<V>): void {
    const store = this.#store;
    cell.value = undefined;
    if (cell.changed !== store.epoch) store.changed(cell);
    if (store.keepsDead && cell.stored) {
      this.#dead++;
      return;
    }
    this.#map.delete(store.mapKey);
    if (this.#map.size === 0) this.#table.detach(this);
  }
}
