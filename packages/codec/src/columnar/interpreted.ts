import { defineField, isPlainObject } from "../types/plain.ts";
import { type AnyColumn, type Column, type FixedColumn, TextColumn } from "./columns.ts";
import { type Node, NULL, PRESENT, UNDEFINED } from "./layout.ts";
import { bounds } from "./schema.ts";

type Cells = FixedColumn<Int32Array | Float64Array | Uint8Array>;

/** Takes records apart into columns and puts them together again. Two forms do it: interpreted and generated. */
export interface RecordMover {
  /** Fills the columns from the first `count` values. False: a value does not fit the schema. */
  fill(values: readonly unknown[], count: number, columns: readonly Column[]): boolean;
  /** Makes `count` records of the columns, into `values` from its start. */
  build(columns: readonly Column[], count: number, values: unknown[]): void;
}

/** The form without code generation, and the oracle of the other. Columns count their own values. */
export function interpretedMover(root: Node): RecordMover {
  return {
    fill(values, count, columns) {
      for (const column of columns) {
        column.length = 0;
        if (column instanceof TextColumn) column.joined = "";
      }
      for (let index = 0; index < count; index++) {
        if (!take(root, values[index], columns)) return false;
      }
      return true;
    },
    build(columns, count, values) {
      const cursors = new Int32Array(columns.length);
      for (let index = 0; index < count; index++) values[index] = give(root, columns, cursors);
    },
  };
}

function take(node: Node, value: unknown, columns: readonly Column[]): boolean {
  switch (node.kind) {
    case "null":
      return value === null;
    case "undefined":
      return value === undefined;
    case "nullish": {
      const state = value === null ? NULL : value === undefined ? UNDEFINED : PRESENT;
      push(columns[node.column] as Cells, state);
      return state !== PRESENT || take(node.of, value, columns);
    }
    case "object":
      return isPlainObject(value) && takeFields(node, value, columns);
    case "any": {
      const column = columns[node.column] as AnyColumn;
      column.cells[column.length++] = value;
      return true;
    }
    case "string": {
      if (typeof value !== "string" || value.length > bounds.textUnitsMax) return false;
      const column = columns[node.column] as TextColumn;
      column.lengths[column.length++] = value.length;
      column.joined += value;
      return true;
    }
    default:
      return takeFixed(node.kind, value, columns[node.column] as Cells);
  }
}

function takeFixed(kind: "integer" | "number" | "boolean" | "date", value: unknown, column: Cells): boolean {
  switch (kind) {
    case "integer":
      return typeof value === "number" && (value | 0) === value && !Object.is(value, -0) && push(column, value);
    case "number":
      return typeof value === "number" && push(column, value);
    case "boolean":
      return typeof value === "boolean" && push(column, value ? 1 : 0);
    case "date":
      return (
        typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Date.prototype && push(column, (value as Date).getTime())
      );
  }
}

function push(column: Cells, value: number): true {
  column.cells[column.length++] = value;
  return true;
}

function takeFields(node: Node & { readonly kind: "object" }, value: { readonly [name: string]: unknown }, columns: readonly Column[]): boolean {
  const position = shapePosition(value, node.shapes);
  const shape = node.shapes[position];
  if (shape === undefined) return false;
  if (node.column >= 0) push(columns[node.column] as Cells, position);
  return shape.fields.every((field, index) => take(field, value[shape.names[index] as string], columns));
}

/** The position of the shape that has an object's field names in their order; −1 when there is none. */
export function shapePosition(value: object, shapes: readonly { readonly names: readonly string[] }[]): number {
  const names: string[] = [];
  for (const name in value) names.push(name);
  return shapes.findIndex((shape) => shape.names.length === names.length && shape.names.every((name, index) => name === names[index]));
}

function give(node: Node, columns: readonly Column[], cursors: Int32Array): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "undefined":
      return undefined;
    case "nullish": {
      const state = next(columns, node.column, cursors);
      return state === PRESENT ? give(node.of, columns, cursors) : state === NULL ? null : undefined;
    }
    case "object":
      return giveFields(node, columns, cursors);
    case "boolean":
      return next(columns, node.column, cursors) !== 0;
    case "date":
      return new Date(next(columns, node.column, cursors) as number);
    default:
      return next(columns, node.column, cursors);
  }
}

function giveFields(node: Node & { readonly kind: "object" }, columns: readonly Column[], cursors: Int32Array): object {
  const shape = node.shapes[node.column < 0 ? 0 : (next(columns, node.column, cursors) as number)];
  const object: { [name: string]: unknown } = {};
  shape?.fields.forEach((field, index) => {
    defineField(object, shape.names[index] as string, give(field, columns, cursors));
  });
  return object;
}

function next(columns: readonly Column[], column: number, cursors: Int32Array): unknown {
  const position = cursors[column] as number;
  cursors[column] = position + 1;
  return (columns[column] as AnyColumn).cells[position];
}
