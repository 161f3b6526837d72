import type { ByteReader } from "../bytes.ts";
import { fieldStep } from "../refusal.ts";
import { AnyColumn, type Column, countBytes, FixedColumn, TextColumn } from "./columns.ts";
import type { Schema } from "./schema.ts";

/** A schema with a column for each place, numbered from the root down, so that a column follows those that say its length. */
export type Node =
  | { readonly kind: "integer" | "number" | "string" | "boolean" | "date" | "any"; readonly column: number }
  | { readonly kind: "null" | "undefined" }
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
  /** New columns for one codec. */
  createColumns(): Column[];
}

export function layoutOf(schema: Schema): Layout {
  const makers: (() => Column)[] = [];
  const add = (make: () => Column): number => makers.push(make) - 1;

  function nodeOf(part: Schema, path: string): Node {
    switch (part.kind) {
      case "null":
      case "undefined":
        return { kind: part.kind };
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
  return { root, createColumns: () => makers.map((make) => make()) };
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
  string: (): Column => new TextColumn(),
} as const;

/** Reads the columns of a node of which there are `count` values. */
export function readColumns(node: Node, count: number, columns: readonly Column[], reader: ByteReader): void {
  switch (node.kind) {
    case "null":
    case "undefined":
      return;
    case "nullish": {
      const states = columns[node.column] as FixedColumn<Uint8Array>;
      states.read(reader, count);
      readColumns(node.of, countBytes(states, 3)[PRESENT] as number, columns, reader);
      return;
    }
    case "object": {
      let counts = [count];
      if (node.column >= 0) {
        const positions = columns[node.column] as FixedColumn<Uint8Array>;
        positions.read(reader, count);
        counts = countBytes(positions, node.shapes.length);
      }
      for (const [index, shape] of node.shapes.entries()) {
        for (const field of shape.fields) readColumns(field, counts[index] as number, columns, reader);
      }
      return;
    }
    default:
      (columns[node.column] as Column).read(reader, count);
  }
}
