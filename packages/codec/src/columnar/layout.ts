import type { ByteReader } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { fieldStep } from "../refusal.ts";
import { AnyColumn } from "./any-column.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";
import type { Schema } from "./schema.ts";
import { TextColumn } from "./texts.ts";
import { WordColumn } from "./word-column.ts";

/** A schema with a column for each place, numbered from the root down, so that a column follows those that say its length. */
export type Node =
  | { readonly kind: "integer" | "number" | "boolean" | "date" | "any" | "word"; readonly column: number }
  /** Strings share one column, the last. */
  | { readonly kind: "null" | "undefined" | "string" }
  /** `column` holds 0 where `of` has the value, 1 for null, 2 for undefined. */
  | { readonly kind: "nullish"; readonly column: number; readonly of: Node }
  /** `column` holds the positions of shapes; −1 when there is only one. */
  | { readonly kind: "object"; readonly column: number; readonly shapes: readonly NodeShape[] };

export interface NodeShape {
  readonly names: readonly string[];
  readonly fields: readonly Node[];
}

export const PRESENT = 0;
export const NULL = 1;
export const UNDEFINED = 2;

export interface Layout {
  readonly root: Node;
  /** Where the strings are, −1 without any. */
  readonly textColumn: number;
  /** New columns for one codec. */
  createColumns(): Column[];
}

export function layoutOf(schema: Schema): Layout {
  const makers: (() => Column)[] = [];
  let texts = 0;
  const add = (make: () => Column): number => makers.push(make) - 1;

  function nodeOf(part: Schema, path: string): Node {
    switch (part.kind) {
      case "null":
      case "undefined":
        return { kind: part.kind };
      case "string":
        texts++;
        return { kind: "string" };
      case "nullish": {
        const column = add(createBytes);
        return { kind: "nullish", column, of: nodeOf(part.of, path) };
      }
      case "object": {
        const column = part.shapes.length === 1 ? -1 : add(createBytes);
        const shapes = part.shapes.map(({ names, fields }) => ({
          names,
          fields: fields.map((field, index) => nodeOf(field, path + fieldStep(names[index] as string))),
        }));
        return { kind: "object", column, shapes };
      }
      case "any":
        return { kind: "any", column: add(() => new AnyColumn(path)) };
      default:
        return { kind: part.kind, column: add(leafColumns[part.kind]) };
    }
  }

  const root = nodeOf(schema, "");
  const textColumn = texts === 0 ? -1 : add(() => new TextColumn(texts));
  return { root, textColumn, createColumns: () => makers.map((make) => make()) };
}

function createBytes(): Column {
  return new FixedColumn((count) => new Uint8Array(count));
}

function createDoubles(): Column {
  return new FixedColumn((count) => new Float64Array(count));
}

const leafColumns = {
  integer: (): Column => new FixedColumn((count) => new Int32Array(count)),
  number: createDoubles,
  date: createDoubles,
  boolean: createBytes,
  word: (): Column => new WordColumn(),
} as const;

/** Reads the columns of a batch of `count` records. */
export function readColumns(layout: Layout, count: number, columns: readonly Column[], reader: ByteReader): void {
  const texts = readNode(layout.root, count, columns, reader);
  columns[layout.textColumn]?.read(reader, texts);
}

/** Reads the columns of a node of which there are `count` values, but for the strings; returns how many of these there are. */
function readNode(node: Node, count: number, columns: readonly Column[], reader: ByteReader): number {
  switch (node.kind) {
    case "null":
    case "undefined":
      return 0;
    case "string":
      return count;
    case "nullish": {
      const states = columns[node.column] as FixedColumn<Uint8Array>;
      states.read(reader, count);
      return readNode(node.of, countBytes(states, 3)[PRESENT] as number, columns, reader);
    }
    case "object":
      return readShapes(node, count, columns, reader);
    default:
      (columns[node.column] as Column).read(reader, count);
      return 0;
  }
}

function readShapes(node: Node & { readonly kind: "object" }, count: number, columns: readonly Column[], reader: ByteReader): number {
  let counts = [count];
  if (node.column >= 0) {
    const positions = columns[node.column] as FixedColumn<Uint8Array>;
    positions.read(reader, count);
    counts = countBytes(positions, node.shapes.length);
  }
  let texts = 0;
  for (const [index, shape] of node.shapes.entries()) {
    for (const field of shape.fields) texts += readNode(field, counts[index] as number, columns, reader);
  }
  return texts;
}

/** How often each position 0…`kinds` − 1 occurs. Throws CODEC_CORRUPT for a byte that is no position. */
function countBytes(column: FixedColumn<Uint8Array>, kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (let index = 0; index < column.length; index++) {
    const position = column.cells[index] as number;
    if (position >= kinds) throw corrupt(`a record of the unknown shape ${position}`);
    counts[position] = (counts[position] as number) + 1;
  }
  return counts;
}
