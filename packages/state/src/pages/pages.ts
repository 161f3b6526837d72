import { type ByteReader, type ByteWriter, createReader, type GrowingWriter } from "@millrace/codec";
import { assert, type PrimitiveKey } from "@millrace/core";
import type { CellMap } from "../cells/cell-map.ts";
import type { Changes } from "../cells/changes.ts";
import type { Footprint } from "../cells/footprint.ts";
import { type SlotOwner, type Slots, slotFlags } from "../cells/slots.ts";
import { corruptState } from "../format/checksum.ts";
import { recordForms } from "../format/record-key.ts";

const { PERSISTED, COLD } = slotFlags;

/** How one page is written. */
export interface PageFormat<P> {
  encode(page: P, writer: GrowingWriter): void;
  decode(reader: ByteReader): P;
}

/**
 * The pages of one collection: records beside that of its head, numbered from 0, loaded when they are needed. Only pages
 * that change are written.
 */
export class Pages<P> implements SlotOwner<P> {
  readonly footprint: Footprint;
  /** Pages in memory. */
  #warmPages = 0;
  /** The slots of the pages. */
  readonly #pages: number[] = [];
  readonly #slots: Slots;
  readonly #changes: Changes;
  readonly #cells: CellMap<unknown>;
  readonly #mapKey: PrimitiveKey;
  readonly #format: PageFormat<P>;

  /** `count` pages are in the local store, or about to be loaded from a snapshot. */
  constructor(cells: CellMap<unknown>, mapKey: PrimitiveKey, format: PageFormat<P>, count: number) {
    this.#cells = cells;
    this.#mapKey = mapKey;
    this.#format = format;
    this.#slots = cells.table.context.slots;
    this.#changes = cells.table.context.changes;
    this.footprint = cells.table.pageFootprint;
    for (let page = 0; page < count; page++) this.#pages.push(this.#slots.take(this, page, PERSISTED | COLD));
  }

  get count(): number {
    return this.#pages.length;
  }

  /** The content of a page, to be read. */
  read(page: number): P {
    const slot = this.#slotOf(page);
    if ((this.#slots.guards[slot] as number) < this.#changes.stamp) this.#warm(slot);
    return this.#slots.values[slot] as P;
  }

  /** The content of a page, to be changed in place by what follows. */
  change(page: number): P {
    const content = this.read(page);
    const slot = this.#slotOf(page);
    if (this.#slots.guards[slot] !== this.#changes.writable) this.#changes.markDirty(slot);
    return content;
  }

  /** A new last page. */
  add(content: P): void {
    const slot = this.#slots.take(this, this.#pages.length, 0);
    this.#slots.values[slot] = content;
    this.#pages.push(slot);
    this.#admit();
    this.#changes.markDirty(slot);
  }

  dropLast(): void {
    const slot = this.#pages.pop();
    assert(slot !== undefined, "there is a page to drop");
    const state = this.#slots.states[slot] as number;
    if ((state & COLD) === 0) {
      this.#changes.touch(slot);
      this.#warmPages--;
      this.footprint.entries--;
    } else {
      this.#slots.states[slot] = state & ~COLD;
    }
    this.#changes.markGone(slot);
  }

  dropAll(): void {
    while (this.#pages.length > 0) this.dropLast();
  }

  /** The head leaves memory; it will be made anew. False when pages are in memory, which hold it there. */
  forget(): boolean {
    if (this.#warmPages > 0) return false;
    for (const slot of this.#pages) this.#slots.release(slot);
    this.#pages.length = 0;
    return true;
  }

  /** A page of a snapshot. */
  load(page: number, encoded: Uint8Array): void {
    const slot = this.#pages[page];
    if (slot === undefined) throw corruptState(`page ${page} of state "${this.#cells.table.name}" lies past the last`);
    this.#fill(slot, encoded);
  }

  writeKey(slotKey: PrimitiveKey, writer: ByteWriter): void {
    this.#cells.table.writeKey(this.#mapKey, this.#cells.namespace, writer, recordForms.page);
    writer.varint(Number(slotKey));
  }

  writeValue(content: P, writer: GrowingWriter): void {
    this.#format.encode(content, writer);
  }

  evict(slot: number): boolean {
    const { guards, states, values } = this.#slots;
    values[slot] = undefined;
    guards[slot] = 0;
    states[slot] = (states[slot] as number) | COLD;
    this.#warmPages--;
    this.footprint.entries--;
    return true;
  }

  /** Nobody reads a page that its head does not know. */
  buried(): void {}

  explain(_slotKey: PrimitiveKey, error: unknown): unknown {
    return this.#cells.table.explain(this.#mapKey, error);
  }

  #slotOf(page: number): number {
    const slot = this.#pages[page];
    assert(slot !== undefined, "a page is one of those there are");
    return slot;
  }

  #warm(slot: number): void {
    if (((this.#slots.states[slot] as number) & COLD) !== 0) {
      const page = this.#slots.keys[slot] as number;
      const encoded = this.#cells.table.context.cold?.read(this, page);
      if (encoded === undefined) throw corruptState(`page ${page} of state "${this.#cells.table.name}" is missing`);
      this.#fill(slot, encoded);
    }
    this.#changes.touch(slot);
  }

  #fill(slot: number, encoded: Uint8Array): void {
    const { states, values } = this.#slots;
    values[slot] = this.#format.decode(createReader(encoded));
    states[slot] = (states[slot] as number) & ~COLD;
    this.footprint.observe(encoded.length);
    this.#admit();
  }

  #admit(): void {
    this.#warmPages++;
    this.footprint.entries++;
    this.#cells.table.context.cold?.admit();
  }
}
