import type { TypeDescription } from "@millrace/codec";
import { MillraceError } from "@millrace/core";

/** What the values of a type are as keys of map state: all primitives, none, or that is to be seen of each. */
export type MapKeys = "primitive" | "other" | "open";

const keysByKind: Readonly<Record<string, MapKeys>> = {
  string: "primitive",
  number: "primitive",
  integer: "primitive",
  boolean: "primitive",
  bigint: "primitive",
  date: "other",
  bytes: "other",
  typedArray: "other",
  null: "other",
  undefined: "other",
  array: "other",
  tuple: "other",
  object: "other",
  tagged: "other",
  map: "other",
  set: "other",
  record: "other",
};

/** Whether values of a type can be keys: they are told apart as those of a JavaScript Map, so that two equal dates are two. */
export function mapKeysOf({ kind }: TypeDescription): MapKeys {
  return keysByKind[kind] ?? "open";
}

/** Throws STATE_MAP_KEY for what is no primitive. */
export function checkMapKey(key: unknown): void {
  if (key === undefined || key === null) throw refused(`must be a string, number, boolean or bigint, not ${key}`);
  if (typeof key === "object" || typeof key === "function" || typeof key === "symbol") {
    throw refused(`must be a string, number, boolean or bigint, not ${typeof key}`);
  }
}

/** Throws STATE_MAP_KEY for a type none of whose values can be keys. */
export function checkMapKeyType(type: TypeDescription): void {
  if (mapKeysOf(type) === "other") throw refused(`must be a string, number, boolean or bigint; t.${type.kind}(…) gives none`);
}

function refused(why: string): MillraceError {
  return new MillraceError("STATE_MAP_KEY", `a key of map state ${why}`, { hint: "use a primitive, for example JSON.stringify of the parts" });
}
