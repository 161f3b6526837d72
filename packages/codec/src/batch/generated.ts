import { isPlainObject } from "../types/plain.ts";
import { readSource } from "./generated-read.ts";
import { writeSource } from "./generated-write.ts";
import { checkTaken, outside, type RecordMover, shapePosition } from "./interpreted.ts";
import type { Layout } from "./layout.ts";

let generated = 0;

/** The mover of a schema as two functions made for it: one pass each, records as literals. */
export function generatedMover(layout: Layout): RecordMover {
  const number = generated++;
  const { body, names, shapes } = writeSource(layout);
  const write = make("write(values, count, tables, numbers, at)", body, number, { names, shapes, shapePosition, isPlainObject });
  const read = make("read(count, tables, numbers, at, end)", readSource(layout), number, { outside, checkTaken });
  return { write: write as RecordMover["write"], read: read as RecordMover["read"] };
}

function make(head: string, body: string, number: number, tools: { readonly [name: string]: unknown }): unknown {
  const source = `"use strict";\nreturn function ${head} {\n${body}\n};\n//# sourceURL=millrace:codec/${head.slice(0, head.indexOf("("))}-${number}.js`;
  return new Function(...Object.keys(tools), source)(...Object.values(tools));
}
