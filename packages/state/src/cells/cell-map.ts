import { type ByteWriter, createReader, type GrowingWriter } from "@millrace/codec";
import type { Cells, Namespace } from "@millrace/contracts";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { Footprint } from "./footprint.ts";
import type { KeyIndex } from "./key-index.ts";
import { type LargeMap, withRoom } from "./large-map.ts";
import { SlotIndex } from "./slot-index.ts";
import { SlotOrder } from "./slot-order.ts";
import { NO_SLOT, type SlotOwner, type Slots, slotFlags } from "./slots.ts";
import type { Table } from "./table.ts";

const { PERSISTED, GONE, COLD } = slotFlags;

/** The entries of one namespace of a table, by key. An access that finds its slot in memory is one look-up and one comparison. */
export class CellMap<V> implements Cells<V>, SlotOwner<V> {
  readonly namespace: Namespace;
  readonly footprint: Footprint;
  readonly table: Table<V>;
  // Held here as well, because every access reads them.
  readonly #scope: Table<V>["context"]["scope"];
  readonly #changes: Table<V>["context"]["changes"];
  readonly #slots: Slots;
  #index: KeyIndex;
  /** The index as it was when a drain began: some of its slots are gone, and may belong to others by now. */
  #draining: KeyIndex | undefined;
  /** Of tables that are walked. */
  readonly #order: SlotOrder | undefined;
  /** The key that was looked for last, and its slot; NO_SLOT: it is known to have none, in the local store neither. */
  #lastKey: PrimitiveKey | undefined;
  #lastSlot = NO_SLOT;
  /** Removed slots whose tombstones have not reached the local store: what that holds for their keys is not to be believed. */
  #buried: LargeMap<PrimitiveKey, number> | undefined;
  /** The table knows this namespace. */
  #listed = false;
  /** Where a walk stopped: behind this one it goes on; NO_SLOT: with the first. */
  #walked = NO_SLOT;
  #size = 0;

  constructor(table: Table<V>, namespace: Namespace) {
    const { scope, changes, slots } = table.context;
    this.table = table;
    this.namespace = namespace;
    this.footprint = table.footprint;
    this.#scope = scope;
    this.#changes = changes;
    this.#slots = slots;
    this.#index = table.newIndex();
    this.#order = table.indexed ? new SlotOrder(slots) : undefined;
  }

  get size(): number {
    return this.#size;
  }

  get(): V | undefined {
    return this.#slots.values[this.#find()] as V | undefined;
  }

  put(value: V): void {
    const slot = this.#scope.mapKey === this.#lastKey ? this.#lastSlot : this.#find();
    if (this.#slots.guards[slot] === this.#changes.writable) this.#slots.values[slot] = value;
    else this.#putSlowly(value);
  }

  /** The slot of the current key, ready to be handed out; again for the same key it costs no look-up. */
  #find(): number {
    const { mapKey } = this.#scope;
    const slot = mapKey === this.#lastKey ? this.#lastSlot : this.#index.get(mapKey as PrimitiveKey);
    if ((this.#slots.guards[slot] as number) < this.#changes.stamp) return this.#findSlowly(slot);
    this.#lastKey = mapKey;
    this.#lastSlot = slot;
    return slot;
  }

  remove(): void {
    const slot = this.#heldSlot(this.#scope.requireMapKey()) || this.#find();
    if (slot === NO_SLOT) return;
    this.#drop(slot);
    this.#unlistIfEmpty();
  }

  drain(visit: (value: V) => boolean): boolean {
    const order = this.#ordered();
    for (let slot = order.first; slot !== NO_SLOT; slot = order.first) {
      this.#scope.setMapKey(this.#slots.keys[slot] as PrimitiveKey);
      const value = this.#warm(slot);
      if (this.#draining === undefined) {
        this.#draining = this.#index;
        this.#index = new SlotIndex(this.#slots);
      }
      this.footprint.entries--;
      this.#takeOut(slot);
      if (!visit(value)) return false;
    }
    this.table.worn = this.#draining?.wear();
    this.#draining = undefined;
    this.#unlistIfEmpty();
    return true;
  }

  walk(visit: (value: V) => boolean): boolean {
    const order = this.#ordered();
    for (;;) {
      const slot = this.#walked === NO_SLOT ? order.first : order.next(this.#walked);
      this.#walked = slot;
      if (slot === NO_SLOT) return true;
      const key = this.#slots.keys[slot] as PrimitiveKey;
      this.#scope.setMapKey(key);
      const value = this.#warm(slot);
      this.#lastKey = key;
      this.#lastSlot = slot;
      if (!visit(value)) return false;
    }
  }

  forEach(visit: (value: V) => void): void {
    const order = this.#ordered();
    for (let slot = order.first; slot !== NO_SLOT; slot = order.next(slot)) {
      this.#scope.setMapKey(this.#slots.keys[slot] as PrimitiveKey);
      visit(this.#warm(slot));
    }
  }

  /** The keys in memory. Takes as long as there are slots in the backend. */
  keys(): PrimitiveKey[] {
    const { end, keys, owners } = this.#slots;
    const held: PrimitiveKey[] = [];
    for (let slot = NO_SLOT + 1; slot < end; slot++) if (owners[slot] === this && !this.#is(slot, GONE)) held.push(keys[slot] as PrimitiveKey);
    return held;
  }

  /** The current key, to keep. */
  ownKey(): PrimitiveKey {
    return this.#scope.own(this.#scope.requireMapKey());
  }

  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void {
    this.table.writeKey(slotKey, this.namespace, writer);
  }

  writeValue(value: V, writer: GrowingWriter): void {
    this.table.format.encode(value, writer);
  }

  evict(slot: number): boolean {
    const slots = this.#slots;
    const value = slots.values[slot] as V | undefined;
    const pages = value === undefined ? undefined : this.table.format.pagesOf?.(value);
    if (pages !== undefined && !pages.forget()) return false;
    this.footprint.entries--;
    this.#forgetLast();
    if (this.table.indexed) {
      slots.values[slot] = undefined;
      slots.guards[slot] = 0;
      slots.states[slot] = (slots.states[slot] as number) | COLD;
      return true;
    }
    this.#index.delete(slots.keys[slot] as PrimitiveKey);
    this.#size--;
    slots.release(slot);
    this.#unlistIfEmpty();
    return true;
  }

  buried(slot: number): void {
    const key = this.#slots.keys[slot] as PrimitiveKey;
    if (this.#buried?.get(key) === slot) this.#buried.delete(key);
    this.#unlistIfEmpty();
  }

  explain(slotKey: PrimitiveKey, error: unknown): unknown {
    return this.table.explain(slotKey, error);
  }

  /** Puts in what a snapshot or the local store holds. `encoded` undefined: only the key is known. */
  load(mapKey: PrimitiveKey, encoded: Uint8Array | undefined): number {
    const slot = this.#slots.take(this, mapKey, PERSISTED | COLD);
    this.#join(slot, mapKey);
    this.#forgetLast();
    if (encoded !== undefined) this.#fill(slot, encoded);
    return slot;
  }

  /** Lets a value go that was only looked at in passing. */
  letGo(mapKey: PrimitiveKey): void {
    const slot = this.#heldSlot(mapKey);
    if (slot !== NO_SLOT && !this.#is(slot, COLD) && this.#changes.isClean(slot)) this.evict(slot);
  }

  /** Whether the key has an entry in memory, or is known to have one. */
  knows(mapKey: PrimitiveKey): boolean {
    return this.#heldSlot(mapKey) !== NO_SLOT;
  }

  /** The value of a key as it stands in memory. */
  peek(mapKey: PrimitiveKey): V | undefined {
    return this.#slots.values[this.#heldSlot(mapKey)] as V | undefined;
  }

  /** Makes the namespace known to the table, whether it holds anything or not. */
  enlist(): void {
    if (!this.#listed) this.table.list(this);
    this.#listed = true;
  }

  #findSlowly(held: number): number {
    const mapKey = this.#scope.requireMapKey();
    const slot = held === NO_SLOT && mapKey !== this.#lastKey ? this.#seek(mapKey) : held;
    if (slot !== NO_SLOT) this.#warm(slot);
    this.#lastKey = mapKey;
    this.#lastSlot = slot;
    return slot;
  }

  /** The slot of a key that the index does not have. */
  #seek(mapKey: PrimitiveKey): number {
    const held = this.#undrained(mapKey);
    const { cold } = this.table.context;
    if (held !== NO_SLOT || cold === undefined || this.table.indexed || this.#buried?.has(mapKey) === true) return held;
    const encoded = cold.read(this, mapKey);
    return encoded === undefined ? NO_SLOT : this.load(this.#scope.own(mapKey), encoded);
  }

  #heldSlot(mapKey: PrimitiveKey): number {
    return this.#index.get(mapKey) || this.#undrained(mapKey);
  }

  /** The slot of a key that a drain which has stopped has not come to. */
  #undrained(mapKey: PrimitiveKey): number {
    if (this.#draining === undefined) return NO_SLOT;
    const slot = this.#draining.get(mapKey);
    const { owners, keys } = this.#slots;
    return owners[slot] === this && keys[slot] === mapKey && !this.#is(slot, GONE) ? slot : NO_SLOT;
  }

  /** The value of a slot in the table, read from the local store if need be, and ready to be handed out. */
  #warm(slot: number): V {
    if (this.#is(slot, COLD)) {
      const encoded = this.table.context.cold?.read(this, this.#slots.keys[slot] as PrimitiveKey);
      assert(encoded !== undefined, "a cold slot is in the local store");
      this.#fill(slot, encoded);
    }
    this.#changes.touch(slot);
    return this.#slots.values[slot] as V;
  }

  #fill(slot: number, encoded: Uint8Array): void {
    const slots = this.#slots;
    slots.values[slot] = this.table.format.decode(createReader(encoded), this, slots.keys[slot] as PrimitiveKey);
    slots.states[slot] = (slots.states[slot] as number) & ~COLD;
    this.footprint.entries++;
    this.footprint.observe(encoded.length);
    this.table.context.cold?.admit();
  }

  #putSlowly(value: V): void {
    const absent = this.#lastSlot === NO_SLOT && this.#lastKey !== undefined && this.#lastKey === this.#scope.mapKey;
    const held = absent ? NO_SLOT : this.#find();
    if (this.footprint.samples()) this.table.sample(this.#scope.requireMapKey(), value);
    const slot = held === NO_SLOT ? this.#make() : held;
    this.#slots.values[slot] = value;
    this.#changes.markDirty(slot);
  }

  /** An entry for the current key, which has none. */
  #make(): number {
    const key = this.ownKey();
    const slot = this.#changes.revive(this, key) || this.#slots.take(this, key, 0);
    this.#join(slot, key);
    // A snapshot of everything leaves it out.
    this.#slots.guards[slot] = this.#changes.stamp;
    this.#lastKey = key;
    this.#lastSlot = slot;
    this.footprint.entries++;
    this.table.context.counts.entries++;
    this.table.context.cold?.admit();
    return slot;
  }

  #join(slot: number, key: PrimitiveKey): void {
    this.#index.set(key, slot);
    this.#order?.append(slot);
    this.#size++;
    this.enlist();
  }

  #drop(slot: number): void {
    const { states } = this.#slots;
    if (this.#is(slot, COLD)) {
      states[slot] = (states[slot] as number) & ~COLD;
    } else {
      this.#changes.touch(slot);
      this.footprint.entries--;
    }
    this.#takeOut(slot);
  }

  /** After `touch`. */
  #takeOut(slot: number): void {
    const key = this.#slots.keys[slot] as PrimitiveKey;
    if (slot === this.#lastSlot) this.#forgetLast();
    this.#index.delete(key);
    if (slot === this.#walked) this.#walked = this.#ordered().previous(slot);
    this.#order?.remove(slot);
    this.#size--;
    const { counts, cold } = this.table.context;
    counts.entries--;
    if (cold !== undefined && this.#is(slot, PERSISTED)) {
      this.#buried = withRoom(this.#buried ?? new Map<PrimitiveKey, number>());
      this.#buried.set(key, slot);
    }
    this.#changes.markGone(slot);
  }

  #is(slot: number, flag: number): boolean {
    return ((this.#slots.states[slot] as number) & flag) !== 0;
  }

  #forgetLast(): void {
    this.#lastKey = undefined;
    this.#lastSlot = NO_SLOT;
  }

  #ordered(): SlotOrder {
    assert(this.#order !== undefined, "only tables of cells are walked");
    return this.#order;
  }

  #unlistIfEmpty(): void {
    if (this.#size > 0 || !this.#listed || (this.#buried?.size ?? 0) > 0) return;
    this.table.unlist(this);
    this.#listed = false;
  }
}
