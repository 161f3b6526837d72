import { type ByteReader, type ByteWriter, type Rewrite, readLength } from "@millrace/codec";
import { recordForms } from "../format/record-key.ts";
import type { RewrittenState, TtlRewrite, ValueRewrite } from "./record-migration.ts";

/** Writes the value of one record anew, by the layout of its state (docs/state-format.md). */
export function rewriteContent(state: RewrittenState, form: number, reader: ByteReader, writer: ByteWriter): void {
  const { layout, value } = state;
  if (value === undefined) {
    writer.raw(reader.view(reader.remaining));
    return;
  }
  const element = timed(value.value, value.ttl);
  if (layout === "value") element(reader, writer);
  else if (layout === "list") rewriteList(element, form, reader, writer);
  else rewriteMap(value, element, form, reader, writer);
}

/** A page is a count and elements; a head, before them, the number of pages. */
function rewriteList(element: Rewrite, form: number, reader: ByteReader, writer: ByteWriter): void {
  if (form !== recordForms.page) copyVarint(reader, writer);
  for (let left = copyLength(reader, writer); left > 0; left--) element(reader, writer);
}

/** As a list; the head of a map with pages holds the number of its entries instead of these, and maybe which hash they are in. */
function rewriteMap({ key }: ValueRewrite, element: Rewrite, form: number, reader: ByteReader, writer: ByteWriter): void {
  const pages = form === recordForms.page ? 0 : copyVarint(reader, writer);
  const count = pages > 0 ? copyVarint(reader, writer) : copyLength(reader, writer);
  if (pages > 0) {
    writer.raw(reader.view(reader.remaining));
    return;
  }
  for (let left = count; left > 0; left--) {
    key(reader, writer);
    element(reader, writer);
  }
}

function timed(value: Rewrite, ttl: TtlRewrite): Rewrite {
  return (reader, writer) => {
    if (ttl.kind === "kept") writer.f64(reader.f64());
    else if (ttl.kind === "added") writer.f64(ttl.now);
    else if (ttl.kind === "removed") reader.f64();
    value(reader, writer);
  };
}

function copyVarint(reader: ByteReader, writer: ByteWriter): number {
  const value = reader.varint();
  writer.varint(value);
  return value;
}

/** Of elements that follow. */
function copyLength(reader: ByteReader, writer: ByteWriter): number {
  const length = readLength(reader);
  writer.varint(length);
  return length;
}
