/**
 * What the values of a batch have in common, as data: the columns follow from it. The root is the schema of the records
 * themselves; it travels with the batch as JSON, so that a batch can be read alone.
 */
export type Schema =
  /** `word`: a string that is one of few in the batch. */
  | { readonly kind: "word" | "integer" | "number" | "string" | "boolean" | "date" | "null" | "undefined" | "any" }
  | { readonly kind: "nullish"; readonly of: Schema }
  | { readonly kind: "object"; readonly shapes: readonly Shape[] };

/** One sequence of field names and what the fields hold; objects with other names, or another order, are of another shape. */
export interface Shape {
  readonly names: readonly string[];
  readonly fields: readonly Schema[];
}

/** Past any bound but the first, a value goes to a column of kind `any`, where each value describes itself. */
export const bounds = {
  /** Records in a batch. */
  recordsMax: 1 << 20,
  /** Objects in objects. */
  depthMax: 6,
  fieldsMax: 64,
  /** Shapes of objects in one place. Their position takes one byte. */
  shapesMax: 16,
  /** Columns of a whole schema; past it the records as wholes are `any`. */
  columnsMax: 256,
  /** UTF-16 units of a string that is joined with others. */
  textUnitsMax: 4096,
} as const;

export const anySchema: Schema = { kind: "any" };

/** Columns that a schema needs, at most. */
export function columnsOf(schema: Schema): number {
  if (schema.kind === "nullish") return 1 + columnsOf(schema.of);
  if (schema.kind !== "object") return 1;
  return schema.shapes.reduce((sum, shape) => shape.fields.reduce((columns, field) => columns + columnsOf(field), sum), 1);
}
