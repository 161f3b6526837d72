import { classNameOf, describe, Refusal } from "../refusal.ts";
import { typedArrayKinds, typedArrayPosition } from "../types/binary.ts";
import { isPlainObject } from "../types/plain.ts";
import { classOf, type RegisteredClass } from "./classes.ts";

/** What a value of type object is to records and state (law O6). */
export type ObjectKind =
  | { readonly kind: "array" | "object" | "date" | "map" | "set" | "buffer" }
  | { readonly kind: "typedArray"; readonly position: number }
  | { readonly kind: "class"; readonly registered: RegisteredClass };

/** Objects nested deeper than this are refused: they hold themselves, or would end the stack. */
export const DEPTH_MAX = 500;

const array = { kind: "array" } as const;
const object = { kind: "object" } as const;
const date = { kind: "date" } as const;
const map = { kind: "map" } as const;
const set = { kind: "set" } as const;
const buffer = { kind: "buffer" } as const;

/** Throws a Refusal for an object of no kind that records and state may hold. */
export function kindOf(value: object): ObjectKind {
  if (isPlainObject(value)) return object;
  if (Array.isArray(value) && !isSubclass(value, "Array")) {
    // Its other fields would not come back. To look for those of any array costs as much as to write it.
    if ("index" in value) throw matchRefusal();
    return array;
  }
  const registered = classOf(value);
  if (registered !== undefined) return { kind: "class", registered };
  if (value instanceof Date && !isSubclass(value, "Date")) return date;
  if (value instanceof Map && !isSubclass(value, "Map")) return map;
  if (value instanceof Set && !isSubclass(value, "Set")) return set;
  if (Object.getPrototypeOf(value) === Buffer.prototype) return buffer;
  const position = typedArrayPosition(value);
  if (position >= 0 && !isSubclass(value, typedArrayKinds[position] as string)) return { kind: "typedArray", position };
  throw refusalOf(value);
}

function isSubclass(value: object, base: string): boolean {
  return classNameOf(value) !== base;
}

export function tooDeep(): Refusal {
  return new Refusal(`nested deeper than ${DEPTH_MAX} levels`, "does the value hold itself? Records and state are trees");
}

function matchRefusal(): Refusal {
  return new Refusal(
    "what a regular expression matched can't be part of a record or of state: its index and its groups would be lost",
    "take out what you need: {...match.groups}, [...match]",
  );
}

/** The refusal of a value that records and state can't hold. */
export function refusalOf(value: unknown): Refusal {
  return new Refusal(`${describe(value)} can't be part of a record or of state`, hintOf(value));
}

function hintOf(value: unknown): string {
  if (typeof value === "function") return "keep functions in the operator, not in data";
  if (typeof value === "symbol") return "use a string";
  if (value instanceof Promise) return "await it in the async I/O operator";
  if (value instanceof Error) return "keep its message: error.message";
  if (value instanceof RegExp || value instanceof URL) return "keep its text: String(value)";
  if (value instanceof ArrayBuffer) return "wrap it: new Uint8Array(buffer)";
  return "give its class a codec with registerClass(name, Class, codec), or turn it into a plain object: {...value}";
}
