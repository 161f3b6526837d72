import type { Json } from "@millrace/core";
import type { CaseElement } from "@millrace/testkit";
import { type Fields, fieldsOf, type Widening, withElements, withSpec } from "./widening.ts";

/** What a name can be mistaken for: a property of every object, an index, nothing, another one of the same hash in Java, half a character. */
const oddNames = [
  "",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "0",
  "-1",
  "01",
  "1e3",
  "Aa",
  "BB",
  "null",
  " ",
  "\u0000",
  "日本語",
  "\u{1f600}",
  "x".repeat(300),
];

/** Keys of records; in the draw they are "a", "b", "c". */
export const oddKeys: Widening = (program, chance) => {
  const names = renaming(["a", "b", "c"], chance.distinct(oddNames, 3));
  return withElements(program, (element) => (element.k === undefined ? element : { ...element, k: names(element.k) }));
};

/** Keys of map state, in which a ttl program and a broadcast one keep "x", "y", "z". */
export const oddMapKeys: Widening = (program, chance) => {
  const names = renaming(["x", "y", "z"], chance.distinct(oddNames, 3));
  const named = (element: CaseElement): CaseElement =>
    program.kind === "broadcast"
      ? { ...element, ...(element.t === undefined ? {} : { t: names(String(element.t)) }) }
      : { ...element, ops: (element.ops ?? []).map((one) => (typeof one === "string" ? names(one) : one)) };
  return program.kind === "ttl" && program.spec.state !== "map" ? program : withElements(program, named);
};

/** Names of a pattern's stages. Flink keeps a colon for itself; a stage without a name is refused here. */
export const oddStages: Widening = (program, chance) => {
  const names = renaming(
    Array.from({ length: 12 }, (_, index) => `p${index}`),
    chance.distinct(
      oddNames.filter((name) => name !== ""),
      12,
    ),
  );
  const renamed = (value: Json): Json => {
    if (typeof value === "string") return names(value);
    if (Array.isArray(value)) return value.map(renamed);
    const fields = fieldsOf(value);
    return fields === undefined ? value : mapFields(fields, renamed);
  };
  const { pattern = [], skip = {} } = program.spec;
  return withSpec(program, { pattern: renamed(pattern), skip: renamed(skip) });
};

function mapFields(fields: Fields, change: (value: Json) => Json): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
}

function renaming(from: readonly string[], to: readonly string[]): (name: string) => string {
  return (name) => to[from.indexOf(name)] ?? name;
}
