/**
 * What the values of a batch have in common, as data: rows and tables follow from it. The root is the schema of the records
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

/** Past any bound but the first, a value is of kind `any`, and describes itself. */
export const bounds = {
  /** Records in a batch. */
  recordsMax: 1 << 20,
  /** Objects in objects. */
  depthMax: 6,
  fieldsMax: 64,
  /** Shapes of objects in one place. Their position takes one byte. */
  shapesMax: 16,
  /** Places for values in a whole schema; past it the records as wholes are `any`. */
  placesMax: 256,
  /** UTF-16 units of a string that is joined with others. */
  textUnitsMax: 4096,
} as const;

export const anySchema: Schema = { kind: "any" };

/** Places for values that a schema has, those of kinds and shapes among them. */
export function placesOf(schema: Schema): number {
  if (schema.kind === "nullish") return 1 + placesOf(schema.of);
  if (schema.kind !== "object") return 1;
  return schema.shapes.reduce((sum, shape) => shape.fields.reduce((places, field) => places + placesOf(field), sum), 1);
}
