import { MillraceError } from "@millrace/core";
import type { Codec } from "../contract.ts";
import { makeCodec } from "../fingerprint.ts";
import { corrupt } from "../reader.ts";
import { mismatch } from "../refusal.ts";

export const stringCodec = makeCodec<string>(
  { kind: "string" },
  (value, writer) => {
    if (typeof value !== "string") throw mismatch("a string", value);
    writer.string(value);
  },
  (reader) => reader.string(),
);

export const booleanCodec = makeCodec<boolean>(
  { kind: "boolean" },
  (value, writer) => {
    if (typeof value !== "boolean") throw mismatch("a boolean", value);
    writer.u8(value ? 1 : 0);
  },
  (reader) => reader.u8() !== 0,
);

/** Date by its milliseconds; an invalid Date stays one. */
export const dateCodec = makeCodec<Date>(
  { kind: "date" },
  (value, writer) => {
    if (!(value instanceof Date)) throw mismatch("a Date", value, "t.integer() takes milliseconds, t.string() an ISO date");
    writer.f64(value.getTime());
  },
  (reader) => new Date(reader.f64()),
);

export const nullCodec = makeCodec<null>(
  { kind: "null" },
  (value) => {
    if (value !== null) throw mismatch("null", value);
  },
  () => null,
);

export const undefinedCodec = makeCodec<undefined>(
  { kind: "undefined" },
  (value) => {
    if (value !== undefined) throw mismatch("undefined", value);
  },
  () => undefined,
);

export type Literal = string | number | boolean | null;

/**
 * One of the values given, by its position among them; a single value takes no bytes. Throws CODEC_DECLARATION for no
 * values, for one given twice, and for NaN, −0 and the infinities.
 */
export function literalCodec<const V extends readonly Literal[]>(...values: V): Codec<V[number]> {
  const positions = new Map(values.map((value, position) => [value, position]));
  if (values.length === 0 || positions.size !== values.length) {
    throw new MillraceError("CODEC_DECLARATION", "t.literal() takes one or more values, each once", { hint: 't.literal("open", "closed")' });
  }
  for (const value of values) {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) continue;
    throw new MillraceError("CODEC_DECLARATION", `${Object.is(value, -0) ? "-0" : value} can't be a literal`, { hint: "use t.number()" });
  }
  const only = values.length === 1 && values[0] !== 0 ? values[0] : undefined;
  const expected = values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`;
  return makeCodec<V[number]>(
    { kind: "literal", values },
    (value, writer) => {
      if (only !== undefined && value === only) return;
      const position = Object.is(value, -0) ? undefined : positions.get(value);
      if (position === undefined) throw mismatch(expected, value);
      if (values.length > 1) writer.varint(position);
    },
    (reader) => {
      const position = values.length > 1 ? reader.varint() : 0;
      if (position >= values.length) throw corrupt(`literal ${position} of ${values.length}`);
      return values[position] as V[number];
    },
  );
}
