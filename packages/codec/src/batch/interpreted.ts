import { defineField } from "@millrace/core";
import { corrupt } from "../reader.ts";
import { isPlainObject } from "../types/plain.ts";
import type { AnyList } from "./any-list.ts";
import { type Layout, type Node, NULL, PRESENT, shapeBytes, UNDEFINED, widths } from "./layout.ts";
import { bounds } from "./schema.ts";
import type { Tables } from "./tables.ts";
import { TextCursor } from "./texts.ts";
import type { WordTable } from "./word-table.ts";

/** Takes records apart into rows and tables and puts them together again. Two forms do it: interpreted and generated. */
export interface RecordMover {
  /**
   * Writes the rows of the first `count` values from `at` on, where there is room for them, and what they refer to into tables
   * made ready for a batch. Returns where the rows end; −1: a value does not fit the schema.
   */
  write(values: readonly unknown[], count: number, tables: Tables, numbers: DataView, at: number): number;
  /** Makes `count` records of the rows from `at` to `end`. Throws CODEC_CORRUPT for what are no such rows, a RangeError past the memory. */
  read(count: number, tables: Tables, numbers: DataView, at: number, end: number): unknown[];
}

/** The form without code generation, and the oracle of the other. */
export function interpretedMover({ root }: Layout): RecordMover {
  return {
    write(values, count, tables, numbers, at) {
      const taker = new Taker(tables, numbers, at);
      for (let index = 0; index < count; index++) {
        if (!taker.take(root, values[index])) return -1;
      }
      return taker.at;
    },
    read(count, tables, numbers, at, end) {
      const giver = new Giver(tables, numbers, at);
      const values = new Array<unknown>(count);
      for (let index = 0; index < count; index++) values[index] = giver.give(root);
      giver.finish(end);
      return values;
    },
  };
}

/** Appends values to rows. */
class Taker {
  readonly #tables: Tables;
  readonly #numbers: DataView;
  at: number;

  constructor(tables: Tables, numbers: DataView, at: number) {
    this.#tables = tables;
    this.#numbers = numbers;
    this.at = at;
  }

  take(node: Node, value: unknown): boolean {
    switch (node.kind) {
      case "nullish": {
        const state = value === null ? NULL : value === undefined ? UNDEFINED : PRESENT;
        this.#byte(state);
        return state !== PRESENT || this.take(node.of, value);
      }
      case "object":
        return isPlainObject(value) && this.#takeFields(node, value);
      case "any":
        (this.#tables.lists[node.list] as AnyList).values.push(value);
        return true;
      case "string":
        return this.#takeText(value);
      case "word":
        return this.#takeWord(value, this.#tables.words[node.table] as WordTable);
      default:
        return this.#takeFixed(node.kind, value);
    }
  }

  #takeText(value: unknown): boolean {
    if (typeof value !== "string" || value.length > bounds.textUnitsMax) return false;
    this.#numbers.setUint16(this.at, value.length, true);
    this.at += widths.string;
    this.#tables.texts.joined += value;
    return true;
  }

  #takeWord(value: unknown, table: WordTable): boolean {
    if (typeof value !== "string") return false;
    const position = table.positionOf(value);
    this.#byte(position);
    return position >= 0;
  }

  #takeFixed(kind: "integer" | "number" | "boolean" | "date" | "null" | "undefined", value: unknown): boolean {
    switch (kind) {
      case "null":
        return value === null;
      case "undefined":
        return value === undefined;
      case "integer":
        if (typeof value !== "number" || (value | 0) !== value || Object.is(value, -0)) return false;
        this.#numbers.setInt32(this.at, value, true);
        break;
      case "number":
        if (typeof value !== "number") return false;
        this.#numbers.setFloat64(this.at, value, true);
        break;
      case "boolean":
        if (typeof value !== "boolean") return false;
        this.#numbers.setUint8(this.at, value ? 1 : 0);
        break;
      case "date":
        if (!isDate(value)) return false;
        this.#numbers.setFloat64(this.at, value.getTime(), true);
        break;
    }
    this.at += widths[kind];
    return true;
  }

  #takeFields(node: Node & { readonly kind: "object" }, value: { readonly [name: string]: unknown }): boolean {
    const position = shapePosition(value, node.shapes);
    const shape = node.shapes[position];
    if (shape === undefined) return false;
    if (shapeBytes(node) > 0) this.#byte(position);
    return shape.fields.every((field, index) => this.take(field, value[shape.names[index] as string]));
  }

  #byte(value: number): void {
    this.#numbers.setUint8(this.at++, value);
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

/** Takes values from rows one after the other. */
class Giver {
  readonly #tables: Tables;
  readonly #numbers: DataView;
  #at: number;
  readonly #texts: TextCursor;
  /** The next value of each list. */
  readonly #next: number[];

  constructor(tables: Tables, numbers: DataView, at: number) {
    this.#tables = tables;
    this.#numbers = numbers;
    this.#at = at;
    this.#texts = new TextCursor(tables.texts);
    this.#next = tables.lists.map(() => 0);
  }

  give(node: Node): unknown {
    switch (node.kind) {
      case "null":
        return null;
      case "undefined":
        return undefined;
      case "nullish":
        return this.#giveNullish(node.of);
      case "object":
        return this.#giveFields(node);
      case "string":
        return this.#texts.next(this.#numbers.getUint16(this.#move(widths.string), true));
      case "boolean":
        return this.#byte() !== 0;
      case "date":
        return new Date(this.#numbers.getFloat64(this.#move(widths.date), true));
      case "word":
        return this.#tables.words[node.table]?.words[this.#byte()] ?? outside();
      case "any":
        return this.#tables.lists[node.list]?.values[(this.#next[node.list] as number)++];
      case "integer":
        return this.#numbers.getInt32(this.#move(widths.integer), true);
      case "number":
        return this.#numbers.getFloat64(this.#move(widths.number), true);
    }
  }

  #giveNullish(of: Node): unknown {
    const state = this.#byte();
    if (state === PRESENT) return this.give(of);
    return state === NULL ? null : state === UNDEFINED ? undefined : outside();
  }

  #giveFields(node: Node & { readonly kind: "object" }): object {
    const shape = node.shapes[shapeBytes(node) === 0 ? 0 : this.#byte()] ?? outside();
    const object: { [name: string]: unknown } = {};
    shape.fields.forEach((field, index) => {
      defineField(object, shape.names[index] as string, this.give(field));
    });
    return object;
  }

  #byte(): number {
    return this.#numbers.getUint8(this.#at++);
  }

  /** Moves past so many bytes; returns where they begin. */
  #move(bytes: number): number {
    this.#at += bytes;
    return this.#at - bytes;
  }

  finish(end: number): void {
    if (this.#at !== end) outside();
    checkTaken(this.#tables, this.#next);
  }
}

/** Throws unless as many values were taken of each list as it holds. */
export function checkTaken({ lists }: Tables, taken: readonly number[]): void {
  if (lists.some(({ values }, list) => values.length !== taken[list])) outside();
}

/** For a position in a row that refers to nothing, and for rows of another length than was told. */
export function outside(): never {
  throw corrupt("a row that its schema does not make");
}
