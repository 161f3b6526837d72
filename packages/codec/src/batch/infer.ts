import { isPlainObject } from "../types/plain.ts";
import { refineWords } from "./refine.ts";
import { anySchema, bounds, placesOf, type Schema, type Shape } from "./schema.ts";

/** The narrowest schema that fits the first `count` values, and all that `known` fits. `count` is at least 1. */
export function inferSchema(values: readonly unknown[], count: number, known?: Schema): Schema {
  let schema = schemaOf(values[0], 0);
  for (let index = 1; index < count; index++) schema = merge(schema, schemaOf(values[index], 0));
  schema = refineWords(schema, values.slice(0, count));
  if (known !== undefined) schema = merge(known, schema);
  return placesOf(schema) > bounds.placesMax ? anySchema : schema;
}

function schemaOf(value: unknown, depth: number): Schema {
  switch (typeof value) {
    case "number":
      return { kind: (value | 0) === value && !Object.is(value, -0) ? "integer" : "number" };
    case "string":
      return value.length > bounds.textUnitsMax ? anySchema : { kind: "string" };
    case "boolean":
      return { kind: "boolean" };
    case "undefined":
      return { kind: "undefined" };
    case "object":
      return value === null ? { kind: "null" } : schemaOfObject(value, depth);
    default:
      return anySchema;
  }
}

function schemaOfObject(value: object, depth: number): Schema {
  if (isPlainObject(value)) {
    const names = Object.keys(value);
    // Fields named by symbols are refused by the list of kind any, with the whole path.
    if (names.length > bounds.fieldsMax || depth >= bounds.depthMax || Object.getOwnPropertySymbols(value).length > 0) return anySchema;
    return { kind: "object", shapes: [{ names, fields: names.map((name) => schemaOf(value[name], depth + 1)) }] };
  }
  return Object.getPrototypeOf(value) === Date.prototype ? { kind: "date" } : anySchema;
}

/** The narrowest schema that fits what either fits; repeated merging ends, because each step is wider than the one before. */
export function merge(a: Schema, b: Schema): Schema {
  if (a.kind === "any" || b.kind === "any") return anySchema;
  if (a.kind === "nullish" || b.kind === "nullish") return nullish(merge(presentOf(a, b), presentOf(b, a)));
  if (a.kind === "object" && b.kind === "object") return mergeShapes(a.shapes, b.shapes);
  if (a.kind === b.kind) return a;
  if (isNull(a)) return isNull(b) ? anySchema : nullish(b);
  if (isNull(b)) return nullish(a);
  if (isText(a) && isText(b)) return { kind: "string" };
  return isNumeric(a) && isNumeric(b) ? { kind: "number" } : anySchema;
}

function isNull(schema: Schema): boolean {
  return schema.kind === "null" || schema.kind === "undefined";
}

function isNumeric(schema: Schema): boolean {
  return schema.kind === "integer" || schema.kind === "number";
}

function isText(schema: Schema): boolean {
  return schema.kind === "string" || schema.kind === "word";
}

/** What a schema holds besides null and undefined; nothing: what the other one holds. */
function presentOf(schema: Schema, other: Schema): Schema {
  if (schema.kind === "nullish") return schema.of;
  return isNull(schema) ? presentOf(other, schema) : schema;
}

function nullish(of: Schema): Schema {
  return of.kind === "any" ? of : { kind: "nullish", of };
}

function mergeShapes(a: readonly Shape[], b: readonly Shape[]): Schema {
  const shapes = [...a];
  for (const shape of b) {
    const position = shapes.findIndex((known) => sameNames(known.names, shape.names));
    const known = shapes[position];
    if (known === undefined) shapes.push(shape);
    else shapes[position] = { names: known.names, fields: known.fields.map((field, index) => merge(field, shape.fields[index] as Schema)) };
  }
  return shapes.length > bounds.shapesMax ? anySchema : { kind: "object", shapes };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
