import type { Json } from "@millrace/core";
import type { OperatorStateEntry } from "./operator-state.ts";
import type { SnapshotEntry } from "./snapshot-entry.ts";

/**
 * Any value as JSON. What JSON has no form for stands in an object of one field that begins with `$`: `$bigint`, `$date`
 * (ISO, or null when invalid), `$number` (NaN, Infinity, -Infinity, -0), `$undefined`, `$bytes` (base64), `$map` (pairs), `$set`,
 * `$typed` (kind and numbers).
 */
export function valueToJson(value: unknown): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "object":
      return value === null ? null : objectToJson(value);
    default:
      return { $undefined: true };
  }
}

function objectToJson(value: object): Json {
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [valueToJson(key), valueToJson(item)]) };
  if (value instanceof Set) return { $set: [...value].map(valueToJson) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  if (ArrayBuffer.isView(value)) {
    const numbers = value as unknown as Iterable<number | bigint>;
    return { $typed: value.constructor.name, values: [...numbers].map(valueToJson) };
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, valueToJson(field)]));
}

/** An entry as a line of an export. */
export function entryToJson(entry: SnapshotEntry | OperatorStateEntry): Json {
  const fields = entry as Partial<Omit<SnapshotEntry, "kind">> & { readonly bytes?: number };
  const { key, namespace, mapKey, value, time, bytes: _bytes, ...rest } = fields;
  return {
    ...(rest as { readonly [name: string]: Json }),
    ...("key" in entry ? { key: valueToJson(key) } : {}),
    ...("namespace" in entry ? { namespace: valueToJson(namespace) } : {}),
    ...("mapKey" in entry ? { mapKey: valueToJson(mapKey) } : {}),
    ...("time" in entry ? { time: valueToJson(time) } : {}),
    ...("value" in entry ? { value: valueToJson(value) } : {}),
  };
}
