import { fieldStep } from "../refusal.ts";
import type { Schema } from "./schema.ts";
import { createTables, type Tables } from "./tables.ts";

/**
 * A schema made ready for rows. A row holds the values of one record in the order of a walk over its schema, each as
 * wide as its kind: numbers little-endian, whether a value is there and of which shape an object is in a byte before it.
 * What has no such width stands in the tables of the batch, and the row holds a position in them, or nothing.
 */
export type Node =
  | { readonly kind: "integer" | "number" | "boolean" | "date" | "null" | "undefined" }
  /** The row holds its length in UTF-16 units; the texts follow each other in the order of the walk. */
  | { readonly kind: "string" }
  /** The row holds its position in one of the tables of words. */
  | { readonly kind: "word"; readonly table: number }
  /** The row holds nothing; the values follow each other in one of the lists. */
  | { readonly kind: "any"; readonly list: number }
  /** The row holds PRESENT before the value, NULL or UNDEFINED in its place. */
  | { readonly kind: "nullish"; readonly of: Node }
  /** The row holds the position of the shape, unless there is only one. */
  | { readonly kind: "object"; readonly shapes: readonly NodeShape[] };

export interface NodeShape {
  readonly names: readonly string[];
  readonly fields: readonly Node[];
}

export const PRESENT = 0;
export const NULL = 1;
export const UNDEFINED = 2;

/** Bytes in a row. */
export const widths = { integer: 4, number: 8, boolean: 1, date: 8, null: 0, undefined: 0, string: 2, word: 1, any: 0 } as const;

export interface Layout {
  readonly root: Node;
  readonly rowBytesMax: number;
  /** New tables for one codec. */
  createTables(): Tables;
}

export function layoutOf(schema: Schema): Layout {
  let words = 0;
  /** The places of the lists in a record. */
  const lists: string[] = [];

  function nodeOf(part: Schema, path: string): Node {
    switch (part.kind) {
      case "word":
        return { kind: "word", table: words++ };
      case "any":
        return { kind: "any", list: lists.push(path) - 1 };
      case "nullish":
        return { kind: "nullish", of: nodeOf(part.of, path) };
      case "object":
        return {
          kind: "object",
          shapes: part.shapes.map(({ names, fields }) => ({
            names: names.map(propertyName),
            fields: fields.map((field, index) => nodeOf(field, path + fieldStep(names[index] as string))),
          })),
        };
      default:
        return { kind: part.kind };
    }
  }

  const root = nodeOf(schema, "");
  return { root, rowBytesMax: bytesMax(root), createTables: () => createTables(words, lists) };
}

/** The string that the engine has for a property of this name: comparing a record's names with it compares addresses. */
function propertyName(name: string): string {
  return Object.keys({ [name]: true })[0] as string;
}

function bytesMax(node: Node): number {
  switch (node.kind) {
    case "nullish":
      return 1 + bytesMax(node.of);
    case "object":
      return shapeBytes(node) + Math.max(...node.shapes.map(({ fields }) => fields.reduce((sum, field) => sum + bytesMax(field), 0)));
    default:
      return widths[node.kind];
  }
}

/** Of the position of an object's shape. */
export function shapeBytes({ shapes }: Node & { readonly kind: "object" }): 0 | 1 {
  return shapes.length === 1 ? 0 : 1;
}
