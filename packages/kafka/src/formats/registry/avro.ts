// A CommonJS package whose names Node doesn't see: it has a default export alone.
import avsc, { type Type } from "avsc";
import type { ValueFormat } from "../format.ts";
import { checkedType } from "./avro-types.ts";
import { type RegisteredOptions, registeredFormat, type SchemaKind } from "./registered-format.ts";
import type { ResolvedSchema, SchemaRegistry } from "./schema-registry.ts";

export interface AvroOptions extends RegisteredOptions {
  /** In Avro's JSON, as an object or as text. To read: values are resolved to it from the schema that they were written with. */
  readonly schema?: object | string;
}

/**
 * Avro's binary encoding, with the schema's id in front. What is read are plain objects, arrays and Buffers. A long beyond ±2^53 is a bad record; logical types are what they
 * are made of (a timestamp-millis a number, a decimal bytes); a union of several kinds of one type is wrapped, `{ name: value }`.
 */
export function avro<T>(registry: SchemaRegistry, options: AvroOptions = {}): ValueFormat<T> {
  return registeredFormat<T>(registry, avroKind(), textOf(options.schema), options, null);
}

function avroKind<T>(): SchemaKind<T> {
  return {
    name: "avro",
    type: "AVRO",
    decoder(writer, own) {
      const written = typeOf(writer);
      if (own === undefined) return (bytes) => written.fromBuffer(bytes) as T;
      const wanted = typeOf(own);
      const resolver = wanted.createResolver(written);
      return (bytes) => wanted.fromBuffer(bytes, resolver) as T;
    },
    encoder(own) {
      const type = typeOf(own);
      return {
        recordName: type.name ?? type.typeName,
        encode: (value) => {
          type.isValid(value, {
            errorHook(path) {
              throw new Error(`at ${path.join(".") || "the top"}`);
            },
          });
          return [type.toBuffer(value)];
        },
      };
    },
  };
}

/** What a schema refers to becomes known by its name first. */
function typeOf({ text, references }: ResolvedSchema): Type {
  const known: Record<string, Type> = {};
  const parsed = (schema: string): Type =>
    avsc.Type.forSchema(JSON.parse(schema), { registry: known, omitRecordMethods: true, typeHook: checkedType });
  for (const reference of references) parsed(reference.text);
  const type = parsed(text);
  makePlain(type, new Set());
  return type;
}

/**
 * avsc makes a class for each record, and for each branch of a wrapped union, and reads their instances, which neither
 * records nor state may hold. With the prototype of all objects in place of their own they make plain ones, at no cost.
 */
function makePlain(type: Type, seen: Set<Type>): void {
  if (seen.has(type)) return;
  seen.add(type);
  const { types } = avsc;
  if (type instanceof types.RecordType) {
    type.recordConstructor.prototype = Object.prototype;
    for (const field of type.fields) {
      if (field.name === "__proto__") throw new Error("a field can't have the name __proto__");
      makePlain(field.type, seen);
    }
  } else if (type instanceof types.ArrayType) {
    makePlain(type.itemsType, seen);
  } else if (type instanceof types.MapType) {
    makePlain(type.valuesType, seen);
  } else if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    for (const branch of type.types) {
      // Of null there is no instance; nor is one made twice of a class that is plain already.
      const wrapped = branch.wrap(null) as object | null;
      if (wrapped !== null && Object.getPrototypeOf(wrapped) !== Object.prototype) wrapped.constructor.prototype = Object.prototype;
      makePlain(branch, seen);
    }
  }
}

/** The name of a primitive type may be given as it is. */
function textOf(schema: object | string | undefined): string | undefined {
  if (schema === undefined) return undefined;
  return typeof schema === "string" && /^\s*[[{"]/.test(schema) ? schema : JSON.stringify(schema);
}
