import { fieldStep, inside } from "../../refusal.ts";
import { integerCodec, numberCodec, readInteger, writeInteger } from "../numbers.ts";
import { isPlainObject } from "../plain.ts";
import { booleanCodec, stringCodec } from "../scalars.ts";
import { encodeField, type Field, refuseObject, refuseUnknownFields } from "./fields.ts";
import type { ObjectMethods } from "./interpreted.ts";

/** How the values of the common codecs are tested, written and read without a call of the codec. */
interface Inline {
  fits(value: string): string;
  write(value: string): string;
  readonly read: string;
}

const inlines = new Map<unknown, Inline>([
  [numberCodec, { fits: (v) => `typeof ${v} === "number"`, write: (v) => `writer.f64(${v})`, read: "reader.f64()" }],
  [integerCodec, { fits: (v) => `Number.isSafeInteger(${v})`, write: (v) => `writeInteger(${v}, writer)`, read: "readInteger(reader)" }],
  [stringCodec, { fits: (v) => `typeof ${v} === "string"`, write: (v) => `writer.string(${v})`, read: "reader.string()" }],
  [booleanCodec, { fits: (v) => `typeof ${v} === "boolean"`, write: (v) => `writer.u8(${v} ? 1 : 0)`, read: "reader.u8() !== 0" }],
]);

let generated = 0;

/**
 * The object codec as two functions made for its fields; same bytes, values and refusals as the interpreted form. A field
 * that does not fit is handed to `encodeField`, which knows what to say.
 */
export function generatedObject(fields: readonly Field[]): ObjectMethods {
  const source = `"use strict";\n${codecNames(fields)}${encodeSource(fields)}${decodeSource(fields)}return { encode, decode };
//# sourceURL=millrace:codec/object-${generated++}.js`;
  const tools = {
    fields,
    isPlainObject,
    refuseObject,
    refuseUnknownFields,
    encodeField,
    inside,
    steps: fields.map((field) => fieldStep(field.name)),
    writeInteger,
    readInteger,
  };
  return new Function(...Object.keys(tools), source)(...Object.values(tools)) as ObjectMethods;
}

function codecNames(fields: readonly Field[]): string {
  return fields.map((_, index) => `const c${index} = fields[${index}].codec, f${index} = fields[${index}];\n`).join("");
}

function encodeSource(fields: readonly Field[]): string {
  const optionals = fields.filter((field) => field.presenceBit >= 0);
  const required = fields.length - optionals.length;
  const lines = [
    "function encode(value, writer) {",
    // The engine inlines `__proto__` where it makes a call of getPrototypeOf.
    'if (typeof value !== "object" || value === null || (value.__proto__ !== Object.prototype && !isPlainObject(value))) refuseObject(value);',
    "let names = 0;",
    "for (const name in value) names++;",
    ...optionals.map(({ name, presenceBit }) => `const has${presenceBit} = Object.hasOwn(value, ${JSON.stringify(name)});`),
    `if (names > ${required}${optionals.map(({ presenceBit }) => ` + has${presenceBit}`).join("")}) refuseUnknownFields(value, fields);`,
    ...presenceBytes(optionals).map((bits) => `writer.u8(${bits});`),
    "let at = 0;",
    "try {",
    ...fields.map(encodeFieldSource),
    "} catch (error) { throw inside(error, steps[at]); }",
    "}\n",
  ];
  return lines.join("\n");
}

function presenceBytes(optionals: readonly Field[]): string[] {
  const bytes: string[] = [];
  for (let from = 0; from < optionals.length; from += 8) {
    bytes.push(
      optionals
        .slice(from, from + 8)
        .map(({ presenceBit }) => `(has${presenceBit} ? ${1 << (presenceBit % 8)} : 0)`)
        .join(" | "),
    );
  }
  return bytes;
}

function encodeFieldSource(field: Field, index: number): string {
  const inline = inlines.get(field.codec);
  const slow = `{ at = ${index}; encodeField(f${index}, value, writer); }`;
  const fast =
    inline === undefined
      ? `if (v${index} !== undefined) { at = ${index}; c${index}.encode(v${index}, writer); } else ${slow}`
      : `if (${inline.fits(`v${index}`)}) ${inline.write(`v${index}`)}; else ${slow}`;
  const whole = `const v${index} = value[${JSON.stringify(field.name)}]; ${fast}`;
  return field.presenceBit < 0 ? whole : `if (has${field.presenceBit}) { ${whole} }`;
}

function decodeSource(fields: readonly Field[]): string {
  const optionals = fields.filter((field) => field.presenceBit >= 0);
  const there = ({ presenceBit }: Field) => `(p${presenceBit >> 3} & ${1 << (presenceBit % 8)}) !== 0`;
  const read = (field: Field, index: number) => inlines.get(field.codec)?.read ?? `c${index}.decode(reader)`;
  const literal = fields.flatMap((field, index) => (field.presenceBit < 0 ? [`${literalName(field.name)}: v${index}`] : []));
  const lines = [
    "function decode(reader) {",
    ...presenceBytes(optionals).map((_, byte) => `const p${byte} = reader.u8();`),
    ...fields.map((field, index) => `const v${index} = ${field.presenceBit < 0 ? "" : `!(${there(field)}) ? undefined : `}${read(field, index)};`),
    `const value = { ${literal.join(", ")} };`,
    ...fields.flatMap((field, index) => (field.presenceBit < 0 ? [] : [`if (${there(field)}) ${setSource(field.name, `v${index}`)}`])),
    "return value;",
    "}\n",
  ];
  return lines.join("\n");
}

/** In a literal, a plain `"__proto__"` would set the prototype. */
function literalName(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}

function setSource(name: string, value: string): string {
  if (name !== "__proto__") return `value[${JSON.stringify(name)}] = ${value};`;
  return `Object.defineProperty(value, "__proto__", { value: ${value}, writable: true, enumerable: true, configurable: true });`;
}
