import { isPlainObject } from "../types/plain.ts";
import { buildSource } from "./generated-build.ts";
import { fillSource } from "./generated-fill.ts";
import { type RecordMover, shapePosition } from "./interpreted.ts";
import type { Layout } from "./layout.ts";

let generated = 0;

/** The mover of a schema as two functions made for it: one pass each, every column a local, records as literals. */
export function generatedMover(layout: Layout): RecordMover {
  const number = generated++;
  const { body, names, shapes } = fillSource(layout);
  const tools = { names, shapes, shapePosition, isPlainObject };
  const fill = new Function(...Object.keys(tools), functionSource("fill(values, count, columns)", body, number))(...Object.values(tools));
  const build = new Function(functionSource("build(columns, count)", buildSource(layout), number))();
  return { fill: fill as RecordMover["fill"], build: build as RecordMover["build"] };
}

function functionSource(head: string, body: string, number: number): string {
  return `"use strict";\nreturn function ${head} {\n${body}\n};\n//# sourceURL=millrace:codec/${head.slice(0, head.indexOf("("))}-${number}.js`;
}
