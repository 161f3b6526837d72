import { type ByteWriter, createReader } from "@millrace/codec";
import type { Cell, Cells, Namespace } from "@millrace/contracts";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { Footprint } from "./footprint.ts";
import { Slot, type SlotOwner, slotFlags } from "./slot.ts";
import { SlotIndex } from "./slot-index.ts";
import type { Table } from "./table.ts";

const { PERSISTED, GONE, COLD } = slotFlags;

/** The entries of one namespace of a table, by key. An access that finds its slot in memory is one lookup and one comparison. */
export class CellMap<V> implements Cells<V>, SlotOwner<V> {
  readonly namespace: Namespace;
  readonly footprint: Footprint;
  readonly table: Table<V>;
  readonly #slots = new Map<PrimitiveKey, Slot<V>>();
  // Held here as well, because every access reads them.
  readonly #scope: Table<V>["context"]["scope"];
  readonly #changes: Table<V>["context"]["changes"];
  /** Removed slots whose tombstones have not reached the local store: what that holds for their keys is not to be believed. */
  #buried: Map<PrimitiveKey, Slot<V>> | undefined;
  /** The table knows this namespace. */
  #listed = false;
  #draining: Iterator<Slot<V>> | undefined;
  #walking: Iterator<Slot<V>> | undefined;
  /** Removed slots that a drain has left in the map behind its cursor; they go all at once at its end. */
  #drained = 0;
  /** The slot made last, as long as none has joined the table since: its key is known to have no slot there. */
  #latest: Slot<V> | undefined;
  /** The key that the local store was asked for last in vain, as long as none has joined the table since. */
  #absent: PrimitiveKey | undefined;
  /** The slot that the last `find` gave for a key that is no number. */
  #last: Slot<V> | undefined;
  readonly #index = new SlotIndex<V>();

  constructor(table: Table<V>, namespace: Namespace) {
    this.table = table;
    this.namespace = namespace;
    this.footprint = table.footprint;
    this.#scope = table.context.scope;
    this.#changes = table.context.changes;
  }

  get size(): number {
    return this.#slots.size - this.#drained;
  }

  cell(): Slot<V> {
    const { mapKey } = this.#scope;
    if (typeof mapKey === "number") return this.#findNumber(mapKey) ?? this.#detached();
    const found = this.#slots.get(mapKey as PrimitiveKey);
    if (found !== undefined && found.guard >= this.#changes.stamp) return found;
    return this.#findSlowly(found) ?? this.#detached();
  }

  /** The slot of the current key, if there is one; again for the same key it costs no look-up. */
  find(): Slot<V> | undefined {
    const { mapKey } = this.#scope;
    if (typeof mapKey === "number") return this.#findNumber(mapKey);
    const { stamp } = this.#changes;
    const last = this.#last;
    if (last !== undefined && last.key === mapKey && last.guard >= stamp) return last;
    let found = this.#slots.get(mapKey as PrimitiveKey);
    if (found === undefined || found.guard < stamp) found = this.#findSlowly(found);
    this.#last = found;
    return found;
  }

  #findNumber(mapKey: number): Slot<V> | undefined {
    const { stamp } = this.#changes;
    const guess = this.#index.guess(mapKey);
    if (guess.key === mapKey && guess.guard >= stamp) return guess;
    const found = this.#slots.get(mapKey);
    if (found === undefined || found.guard < stamp) return this.#findSlowly(found);
    this.#index.learn(mapKey, found, this.#slots.size);
    return found;
  }

  write(cell: Cell<V>, value: V): void {
    const slot = cell as Slot<V>;
    if (slot.guard === this.#changes.writable) slot.value = value;
    else this.#writeSlowly(slot, value);
  }

  /** Sets the value of the current key, whether there was one or not. */
  put(value: V): void {
    this.write(this.find() ?? this.#detached(), value);
  }

  remove(): void {
    const held = this.#slots.get(this.#scope.requireMapKey()) ?? this.find();
    if (held === undefined || (held.state & GONE) !== 0) return;
    this.#drop(held);
    this.#slots.delete(held.key);
    this.#unlistIfEmpty();
  }

  drain(visit: (value: V) => boolean): boolean {
    for (;;) {
      this.#draining ??= this.#slots.values();
      const next = this.#draining.next();
      if (next.done === true) {
        this.#endDrain();
        if (this.size === 0) return true;
        continue;
      }
      const { key, state } = next.value;
      if ((state & GONE) !== 0) continue;
      this.#scope.setMapKey(key);
      // Changing the key may have evicted the slot in favour of a stub.
      const slot = this.table.context.cold === undefined ? next.value : (this.#slots.get(key) as Slot<V>);
      const value = this.#warm(slot);
      this.#drop(slot);
      this.#drained++;
      if (!visit(value)) return false;
    }
  }

  walk(visit: (cell: Cell<V>) => boolean): boolean {
    this.#walking ??= this.#slots.values();
    for (let next = this.#walking.next(); next.done !== true; next = this.#walking.next()) {
      const { key, state } = next.value;
      if ((state & GONE) !== 0) continue;
      this.#scope.setMapKey(key);
      // Changing the key may have evicted the slot in favour of a stub.
      const slot = this.table.context.cold === undefined ? next.value : (this.#slots.get(key) as Slot<V>);
      this.#warm(slot);
      if (!visit(slot)) return false;
    }
    this.#walking = undefined;
    return true;
  }

  forEach(visit: (value: V) => void): void {
    for (const slot of this.#slots.values()) {
      if ((slot.state & GONE) !== 0) continue;
      this.#scope.setMapKey(slot.key);
      visit(this.#warm(slot));
    }
  }

  /** All slots, for walks over everything; the iteration lives through changes. */
  slots(): IterableIterator<Slot<V>> {
    return this.#slots.values();
  }

  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void {
    this.table.writeKey(slotKey, this.namespace, writer);
  }

  writeValue(value: V, writer: ByteWriter): void {
    this.table.format.encode(value, writer);
  }

  evict(slot: Slot<V>): boolean {
    // It stands on the clock twice when it was removed and set anew.
    if (this.#slots.get(slot.key) !== slot) return true;
    if (slot.value !== undefined && (this.table.format.pagesOf?.(slot.value).warm ?? 0) > 0) return false;
    slot.guard = 0;
    this.#index.forget(slot);
    // The slot's holder keeps its value; the table forgets it, or keeps a stub without one.
    if (this.table.indexed) this.#slots.set(slot.key, this.#stub(slot.key));
    else this.#slots.delete(slot.key);
    this.footprint.entries--;
    this.#unlistIfEmpty();
    return true;
  }

  buried(slot: Slot<V>): void {
    if (this.#buried?.get(slot.key) === slot) this.#buried.delete(slot.key);
    this.#unlistIfEmpty();
  }

  explain(slotKey: PrimitiveKey, error: unknown): unknown {
    return this.table.explain(slotKey, error);
  }

  /** Puts in what a snapshot or the local store holds. `encoded` undefined: only the key is known. */
  load(mapKey: PrimitiveKey, encoded: Uint8Array | undefined): Slot<V> {
    const slot = this.#stub(mapKey);
    this.#absent = undefined;
    this.#slots.set(mapKey, slot);
    this.enlist();
    if (encoded !== undefined) this.#fill(slot, encoded);
    return slot;
  }

  /** Lets a value go that was only looked at in passing. */
  letGo(mapKey: PrimitiveKey): void {
    const slot = this.peek(mapKey);
    if (slot !== undefined && (slot.state & COLD) === 0 && this.#changes.isClean(slot)) this.evict(slot);
  }

  /** A slot by its map key, in memory or as a stub. */
  peek(mapKey: PrimitiveKey): Slot<V> | undefined {
    const slot = this.#slots.get(mapKey);
    return slot === undefined || (slot.state & GONE) !== 0 ? undefined : slot;
  }

  #findSlowly(found: Slot<V> | undefined): Slot<V> | undefined {
    const mapKey = this.#scope.requireMapKey();
    let slot = found;
    if (slot !== undefined && (slot.state & GONE) !== 0) {
      this.#forgetDrained(slot);
      slot = undefined;
    }
    if (slot === undefined) {
      const { cold } = this.table.context;
      if (cold === undefined || this.table.indexed || this.#buried?.has(mapKey) === true) return undefined;
      if (mapKey === this.#absent) return undefined;
      const encoded = cold.read(this, mapKey);
      if (encoded === undefined) {
        this.#absent = mapKey;
        return undefined;
      }
      slot = this.load(this.#scope.own(mapKey), encoded);
    } else if ((slot.state & COLD) !== 0) {
      this.#warm(slot);
    }
    this.#changes.touch(slot);
    return slot;
  }

  /** A slot for a key that has none; it joins the table when it is first written. */
  #detached(): Slot<V> {
    const slot = new Slot<V>(this, this.#scope.own(this.#scope.requireMapKey()), undefined, 0);
    slot.guard = this.#changes.stamp;
    this.#latest = slot;
    return slot;
  }

  #stub(mapKey: PrimitiveKey): Slot<V> {
    return new Slot<V>(this, mapKey, undefined, PERSISTED | COLD);
  }

  /** The value of a slot in the table, read from the local store if need be, and ready to be handed out. */
  #warm(slot: Slot<V>): V {
    if ((slot.state & COLD) !== 0) {
      const encoded = this.table.context.cold?.read(this, slot.key);
      assert(encoded !== undefined, "a cold slot is in the local store");
      this.#fill(slot, encoded);
    }
    this.#changes.touch(slot);
    return slot.value as V;
  }

  #fill(slot: Slot<V>, encoded: Uint8Array): void {
    slot.value = this.table.format.decode(createReader(encoded), this, slot.key);
    slot.state &= ~COLD;
    this.footprint.entries++;
    this.footprint.observe(encoded.length);
    this.table.context.cold?.admit(slot);
  }

  #writeSlowly(cell: Slot<V>, value: V): void {
    if (this.footprint.samples()) this.table.sample(cell.key, value);
    const slot = this.#joined(cell);
    this.#changes.touch(slot);
    slot.value = value;
    cell.value = value;
    this.#changes.markDirty(slot);
  }

  /** The slot that stands in the table for this cell's key: usually the cell itself. */
  #joined(cell: Slot<V>): Slot<V> {
    if (cell === this.#latest) {
      this.table.context.counts.entries++;
      return this.#join(cell);
    }
    const held = this.#slots.get(cell.key);
    if (held !== undefined && (held.state & GONE) === 0) {
      if ((held.state & COLD) === 0) return held;
      held.state &= ~COLD;
      this.#admitted(held);
      return held;
    }
    if (held !== undefined) this.#forgetDrained(held);
    const { counts } = this.table.context;
    // One that was evicted while its holder went on with it has never ceased to exist.
    if ((cell.state & (PERSISTED | GONE)) !== PERSISTED) counts.entries++;
    if ((cell.state & GONE) !== 0) this.#changes.markRevived(cell);
    return this.#join(cell);
  }

  #join(cell: Slot<V>): Slot<V> {
    this.#latest = undefined;
    this.#absent = undefined;
    this.#slots.set(cell.key, cell);
    this.enlist();
    this.#admitted(cell);
    return cell;
  }

  /** A drained slot makes room for the one that joins at the end of the map. */
  #forgetDrained(drained: Slot<V>): void {
    this.#slots.delete(drained.key);
    this.#drained--;
  }

  #endDrain(): void {
    this.#draining = undefined;
    if (this.size > 0) for (const slot of this.#slots.values()) if ((slot.state & GONE) !== 0) this.#forgetDrained(slot);
    this.#unlistIfEmpty();
  }

  #admitted(slot: Slot<V>): void {
    this.footprint.entries++;
    this.table.context.cold?.admit(slot);
  }

  #drop(slot: Slot<V>): void {
    const cold = (slot.state & COLD) !== 0;
    if (!cold) {
      this.#changes.touch(slot);
      this.footprint.entries--;
    }
    this.#changes.markGone(slot);
    this.#index.forget(slot);
    slot.state &= ~COLD;
    this.table.context.counts.entries--;
    if (this.table.context.cold !== undefined && (slot.state & PERSISTED) !== 0) {
      this.#buried ??= new Map();
      this.#buried.set(slot.key, slot);
    }
  }

  /** Makes the namespace known to the table, whether it holds anything or not. */
  enlist(): void {
    if (!this.#listed) this.table.list(this);
    this.#listed = true;
  }

  #unlistIfEmpty(): void {
    if (this.size > 0) return;
    this.#slots.clear();
    this.#index.clear();
    this.#drained = 0;
    this.#draining = undefined;
    if (!this.#listed || (this.#buried?.size ?? 0) > 0) return;
    this.table.unlist(this);
    this.#listed = false;
  }
}
