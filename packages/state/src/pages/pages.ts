import { type ByteReader, type ByteWriter, createReader } from "@millrace/codec";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { Footprint } from "../cells/footprint.ts";
import { Slot, type SlotOwner, slotFlags } from "../cells/slot.ts";
import { corruptState } from "../format/checksum.ts";
import { recordForms } from "../format/record-key.ts";

const { PERSISTED, COLD } = slotFlags;

/** How one page is written. */
export interface PageFormat<P> {
  encode(page: P, writer: ByteWriter): void;
  decode(reader: ByteReader): P;
}

/**
 * The pages of one collection: records beside that of its head, numbered from 0, loaded when they are needed. Only pages
 * that change are written.
 */
export class Pages<P> implements SlotOwner<P> {
  readonly footprint: Footprint;
  readonly slots: Slot<P>[] = [];
  /** Pages in memory. */
  warm = 0;
  readonly #cells: CellMap<unknown>;
  readonly #mapKey: PrimitiveKey;
  readonly #format: PageFormat<P>;

  /** `count` pages are in the local store, or about to be loaded from a snapshot. */
  constructor(cells: CellMap<unknown>, mapKey: PrimitiveKey, format: PageFormat<P>, count: number) {
    this.#cells = cells;
    this.#mapKey = mapKey;
    this.#format = format;
    this.footprint = cells.table.pageFootprint;
    for (let page = 0; page < count; page++) this.slots.push(new Slot<P>(this, page, undefined, PERSISTED | COLD));
  }

  get count(): number {
    return this.slots.length;
  }

  /** The content of a page, to be read. */
  read(page: number): P {
    const slot = this.#slot(page);
    if (slot.guard < this.#changes.stamp) this.#warm(slot);
    return slot.value as P;
  }

  /** The content of a page, to be changed in place by what follows. */
  change(page: number): P {
    const content = this.read(page);
    this.#changes.markDirty(this.#slot(page));
    return content;
  }

  /** A new last page. */
  add(content: P): void {
    const slot = new Slot<P>(this, this.slots.length, content, 0);
    this.slots.push(slot);
    this.#admit(slot);
    this.#changes.markDirty(slot);
  }

  dropLast(): void {
    const slot = this.slots.pop();
    assert(slot !== undefined, "there is a page to drop");
    if ((slot.state & COLD) === 0) {
      this.#changes.touch(slot);
      this.warm--;
      this.footprint.entries--;
    }
    slot.state &= ~COLD;
    this.#changes.markGone(slot);
  }

  dropAll(): void {
    while (this.slots.length > 0) this.dropLast();
  }

  /** A page of a snapshot. */
  load(page: number, encoded: Uint8Array): void {
    const slot = this.slots[page];
    if (slot === undefined) throw corruptState(`page ${page} of state "${this.#cells.table.name}" lies past the last`);
    this.#fill(slot, encoded);
  }

  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void {
    this.#cells.table.writeKey(this.#mapKey, this.#cells.namespace, writer, recordForms.page);
    writer.varint(Number(slotKey));
  }

  writeValue(content: P, writer: ByteWriter): void {
    this.#format.encode(content, writer);
  }

  evict(slot: Slot<P>): boolean {
    slot.value = undefined;
    slot.guard = 0;
    slot.state |= COLD;
    this.warm--;
    this.footprint.entries--;
    return true;
  }

  /** Nobody reads a page that its head does not know. */
  buried(): void {}

  explain(_slotKey: PrimitiveKey, error: unknown): unknown {
    return this.#cells.table.explain(this.#mapKey, error);
  }

  get #changes(): CellMap<unknown>["table"]["context"]["changes"] {
    return this.#cells.table.context.changes;
  }

  #slot(page: number): Slot<P> {
    const slot = this.slots[page];
    assert(slot !== undefined, "a page is one of those there are");
    return slot;
  }

  #warm(slot: Slot<P>): void {
    if ((slot.state & COLD) !== 0) {
      const encoded = this.#cells.table.context.cold?.read(this, slot.key);
      if (encoded === undefined) throw corruptState(`page ${slot.key} of state "${this.#cells.table.name}" is missing`);
      this.#fill(slot, encoded);
    }
    this.#changes.touch(slot);
  }

  #fill(slot: Slot<P>, encoded: Uint8Array): void {
    slot.value = this.#format.decode(createReader(encoded));
    slot.state &= ~COLD;
    this.footprint.observe(encoded.length);
    this.#admit(slot);
  }

  #admit(slot: Slot<P>): void {
    this.warm++;
    this.footprint.entries++;
    this.#cells.table.context.cold?.admit(slot as Slot<unknown>);
  }
}
