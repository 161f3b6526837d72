import { type Json, MillraceError, messageOf } from "@millrace/core";
import type { RecordView } from "../batch/record-cursor.ts";
import { BadRecord, type RecordDeserializer, textFormat, type ValueFormat, valueFormat } from "./format.ts";

/** Checks or converts what JSON.parse gave: a function, or a schema (Standard Schema: zod, valibot, arktype, …) that answers at once. */
export type Parse<T> = ((value: unknown) => T) | StandardSchema<T>;

interface StandardSchema<T> {
  readonly "~standard": {
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
  };
}
type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** JSON in UTF-8. Without `parse` a value is taken for a T unchecked. A value that has no JSON (undefined, a bigint) can't be written. */
export function json<T = unknown>(options: { readonly parse?: Parse<T> } = {}): ValueFormat<T> {
  const convert = options.parse === undefined ? (value: unknown) => value as T : converter(options.parse);
  const parse = (text: string): T => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new BadRecord(`not JSON: ${messageOf(error)}`);
    }
    return convert(value);
  };
  return textFormat<T>("json", parse, jsonOf);
}

function jsonOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw noJson(messageOf(error), error);
  }
  // A record without a value would be a delete where the topic is compacted.
  if (text === undefined) throw noJson(`it is ${value === undefined ? "undefined" : `a ${typeof value}`}`);
  return text;
}

function noJson(why: string, cause?: unknown): MillraceError {
  return new MillraceError("KAFKA_VALUE", `a value has no JSON: ${why}`, {
    cause,
    hint: "map the stream to plain data before the sink; what is to be a tombstone is said by the sink's `tombstone`",
  });
}

function converter<T>(parse: Parse<T>): (value: unknown) => T {
  if ("~standard" in parse) {
    return (value) => {
      const result = parse["~standard"].validate(value);
      if (result instanceof Promise) throw new BadRecord("the schema answers asynchronously; records are parsed synchronously");
      if (result.issues === undefined) return result.value;
      throw new BadRecord(result.issues.map(({ message }) => message).join("; "));
    };
  }
  return (value) => {
    try {
      return parse(value);
    } catch (error) {
      throw error instanceof BadRecord ? error : new BadRecord(messageOf(error));
    }
  };
}

/** UTF-8 text. */
export function text(): ValueFormat<string> {
  return textFormat<string>(
    "text",
    (given) => given,
    (value) => value,
  );
}

/** Bytes as they are; what is read is a Buffer, a view into what was fetched, so copy it before keeping it. */
export function bytes(): ValueFormat<Uint8Array> {
  return valueFormat<Uint8Array>(
    "bytes",
    { format: "bytes" },
    (value) => value,
    (value) => value,
  );
}

/** A record with all that Kafka keeps of it. */
export interface KafkaRecord<K, V> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; −1: none. */
  readonly timestamp: number;
  readonly key: K | null;
  /** null: a tombstone. */
  readonly value: V | null;
  /** Of several with one name the last. */
  readonly headers: Readonly<Record<string, Uint8Array | null>>;
}

function ifAny<P, T>(part: P | null, read: (part: P) => T): T | null {
  return part === null ? null : read(part);
}

/** Whole records, tombstones among them: `records(text(), json<Order>())`. */
export function records<K, V>(key: ValueFormat<K>, value: ValueFormat<V>): RecordDeserializer<KafkaRecord<K, V>> {
  const { readText: keyFromText } = key;
  const { readText: valueFromText } = value;
  const readKey = (bytes: Buffer): K => key.read(bytes);
  const readValue = (bytes: Buffer): V => value.read(bytes);
  const keyIn = (record: RecordView): K | null => (keyFromText === undefined ? ifAny(record.key(), readKey) : ifAny(record.keyText(), keyFromText));
  const valueIn = (record: RecordView): V | null =>
    valueFromText === undefined ? ifAny(record.value(), readValue) : ifAny(record.valueText(), valueFromText);
  return {
    description: { key: key.description, value: value.description } satisfies Json,
    deserialize(record: RecordView) {
      return {
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: keyIn(record),
        value: valueIn(record),
        headers: record.headers(),
      };
    },
  };
}
