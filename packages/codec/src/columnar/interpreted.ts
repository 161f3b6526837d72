import { defineField, isPlainObject } from "../types/plain.ts";
import type { AnyColumn } from "./any-column.ts";
import type { Column, FixedColumn } from "./fixed-column.ts";
import { type Layout, type Node, NULL, PRESENT, UNDEFINED } from "./layout.ts";
import { bounds } from "./schema.ts";
import { type TextColumn, TextCursor } from "./texts.ts";
import type { WordColumn } from "./word-column.ts";

type Cells = FixedColumn<Int32Array | Float64Array | Uint8Array>;

/** Takes records apart into columns and puts them together again. Two forms do it: interpreted and generated. */
export interface RecordMover {
  /** Fills the columns from the first `count` values. False: a value does not fit the schema. */
  fill(values: readonly unknown[], count: number, columns: readonly Column[]): boolean;
  /** Makes `count` records of the columns. */
  build(columns: readonly Column[], count: number): unknown[];
}

/** The form without code generation, and the oracle of the other. */
export function interpretedMover({ root, textColumn }: Layout): RecordMover {
  return {
    fill(values, count, columns) {
      const taker = new Taker(columns, columns[textColumn] as TextColumn | undefined);
      for (let index = 0; index < count; index++) {
        if (!taker.take(root, values[index])) return false;
      }
      return true;
    },
    build(columns, count) {
      const giver = new Giver(columns, columns[textColumn] as TextColumn | undefined);
      const values = new Array<unknown>(count);
      for (let index = 0; index < count; index++) values[index] = giver.give(root);
      return values;
    },
  };
}

/** Appends values to columns. */
class Taker {
  readonly #columns: readonly Column[];
  readonly #texts: TextColumn | undefined;

  constructor(columns: readonly Column[], texts: TextColumn | undefined) {
    this.#columns = columns;
    this.#texts = texts;
    for (const column of columns) column.length = 0;
    texts?.clear();
  }

  take(node: Node, value: unknown): boolean {
    switch (node.kind) {
      case "null":
        return value === null;
      case "undefined":
        return value === undefined;
      case "nullish": {
        const state = value === null ? NULL : value === undefined ? UNDEFINED : PRESENT;
        this.#push(node.column, state);
        return state !== PRESENT || this.take(node.of, value);
      }
      case "object":
        return isPlainObject(value) && this.#takeFields(node, value);
      case "any": {
        const column = this.#columns[node.column] as AnyColumn;
        column.cells[column.length++] = value;
        return true;
      }
      case "string":
        return this.#takeText(value);
      case "word":
        return this.#takeWord(value, this.#columns[node.column] as WordColumn);
      default:
        return this.#takeFixed(node.kind, value, node.column);
    }
  }

  #takeText(value: unknown): boolean {
    const texts = this.#texts;
    if (texts === undefined || typeof value !== "string" || value.length > bounds.textUnitsMax) return false;
    texts.lengths.cells[texts.length++] = value.length;
    texts.joined += value;
    return true;
  }

  #takeWord(value: unknown, column: WordColumn): boolean {
    if (typeof value !== "string") return false;
    const position = column.positionOf(value);
    column.positions.cells[column.length++] = position;
    return position >= 0;
  }

  #takeFixed(kind: "integer" | "number" | "boolean" | "date", value: unknown, column: number): boolean {
    switch (kind) {
      case "integer":
        return typeof value === "number" && (value | 0) === value && !Object.is(value, -0) && this.#push(column, value);
      case "number":
        return typeof value === "number" && this.#push(column, value);
      case "boolean":
        return typeof value === "boolean" && this.#push(column, value ? 1 : 0);
      case "date":
        return isDate(value) && this.#push(column, value.getTime());
    }
  }

  #takeFields(node: Node & { readonly kind: "object" }, value: { readonly [name: string]: unknown }): boolean {
    const position = shapePosition(value, node.shapes);
    const shape = node.shapes[position];
    if (shape === undefined) return false;
    if (node.column >= 0) this.#push(node.column, position);
    return shape.fields.every((field, index) => this.take(field, value[shape.names[index] as string]));
  }

  #push(column: number, value: number): true {
    const { cells } = this.#columns[column] as Cells;
    cells[(this.#columns[column] as Cells).length++] = value;
    return true;
  }
}

function isDate(value: unknown): value is Date {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Date.prototype;
}

/** The position of the shape that has an object's field names in their order; −1 when there is none. */
export function shapePosition(value: object, shapes: readonly { readonly names: readonly string[] }[]): number {
  const names: string[] = [];
  for (const name in value) names.push(name);
  return shapes.findIndex((shape) => shape.names.length === names.length && shape.names.every((name, index) => name === names[index]));
}

/** Takes values from columns one after the other. */
class Giver {
  readonly #columns: readonly Column[];
  readonly #cursors: Int32Array;
  readonly #texts: TextCursor | undefined;

  constructor(columns: readonly Column[], texts: TextColumn | undefined) {
    this.#columns = columns;
    this.#cursors = new Int32Array(columns.length);
    this.#texts = texts === undefined ? undefined : new TextCursor(texts);
  }

  give(node: Node): unknown {
    switch (node.kind) {
      case "null":
        return null;
      case "undefined":
        return undefined;
      case "nullish": {
        const state = this.#next(node.column);
        return state === PRESENT ? this.give(node.of) : state === NULL ? null : undefined;
      }
      case "object":
        return this.#giveFields(node);
      case "string":
        return this.#texts?.next();
      case "boolean":
        return this.#next(node.column) !== 0;
      case "date":
        return new Date(this.#next(node.column) as number);
      case "word":
        return this.#nextWord(node.column);
      default:
        return this.#next(node.column);
    }
  }

  #giveFields(node: Node & { readonly kind: "object" }): object {
    const shape = node.shapes[node.column < 0 ? 0 : (this.#next(node.column) as number)];
    const object: { [name: string]: unknown } = {};
    shape?.fields.forEach((field, index) => {
      defineField(object, shape.names[index] as string, this.give(field));
    });
    return object;
  }

  #nextWord(column: number): unknown {
    const { positions, words } = this.#columns[column] as WordColumn;
    const cursor = this.#cursors[column] as number;
    this.#cursors[column] = cursor + 1;
    return words[positions.cells[cursor] as number];
  }

  #next(column: number): unknown {
    const position = this.#cursors[column] as number;
    this.#cursors[column] = position + 1;
    return (this.#columns[column] as AnyColumn | Cells).cells[position];
  }
}
