import avsc from "avsc";
import { describe, expect, test } from "vitest";
import { settled } from "../../../test/settled.ts";
import { BadRecord } from "../format.ts";
import { avro } from "./avro.ts";
import { schemaRegistry } from "./schema-registry.ts";

const inner = { type: "record", name: "Inner", fields: [{ name: "n", type: "long" }] };
const tree = {
  type: "record",
  name: "Tree",
  fields: [
    { name: "first", type: inner },
    { name: "list", type: { type: "array", items: "Inner" } },
    { name: "byName", type: { type: "map", values: "Inner" } },
    { name: "maybe", type: ["null", "Inner"] },
    { name: "either", type: ["null", "Inner", { type: "record", name: "Other", fields: [{ name: "s", type: "string" }] }] },
    { name: "numbers", type: { type: "array", items: ["int", "string", "double"] } },
    { name: "bytes", type: "bytes" },
    { name: "children", type: { type: "array", items: "Tree" } },
  ],
};
const leaf = {
  first: { n: 1 },
  list: [{ n: 2 }, { n: 3 }],
  byName: { a: { n: 4 } },
  maybe: { n: 5 },
  either: { Other: { s: "six" } },
  numbers: [{ int: 7 }, { double: 0.5 }, { string: "8" }],
  bytes: Buffer.from("10"),
  children: [],
};
const value = { ...leaf, maybe: null, either: { Inner: { n: 11 } }, children: [leaf, { ...leaf, either: null }] };

/** What `avro` reads of a value that was written with `written`. */
async function read(written: object, given: unknown, options: { readonly schema?: object } = {}): Promise<unknown> {
  const registry = schemaRegistry({
    url: "http://none",
    transport: async () => ({ status: 200, body: JSON.stringify({ schema: JSON.stringify(written) }) }),
  });
  const format = avro<unknown>(registry, options);
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), avsc.Type.forSchema(written as avsc.Schema).toBuffer(given)]);
  return settled(() => format.read(bytes));
}

/** The paths of objects that are neither plain nor arrays nor bytes. */
function strangersIn(part: unknown, path = "value"): readonly string[] {
  if (typeof part !== "object" || part === null || Buffer.isBuffer(part)) return [];
  const own = Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype ? [] : [path];
  return [...own, ...Object.entries(part).flatMap(([name, item]) => strangersIn(item, `${path}.${name}`))];
}

describe("what avro reads", () => {
  test("is plain: records in records, arrays, maps and unions, wrapped or not, also of a schema that holds itself", async () => {
    const found = await read(tree, value);
    expect(found).toEqual(value);
    expect(strangersIn(found)).toEqual([]);
  });

  test("is plain when it is resolved to another schema, also what comes from defaults", async () => {
    const wanted = {
      ...tree,
      fields: [
        ...tree.fields,
        { name: "added", type: "Inner", default: { n: 12 } },
        { name: "chosen", type: ["Inner", "Other"], default: { n: 13 } },
        { name: "listed", type: { type: "array", items: "Inner" }, default: [{ n: 14 }] },
      ],
    };
    const defaults = { added: { n: 12 }, chosen: { Inner: { n: 13 } }, listed: [{ n: 14 }] };
    const found = await read(tree, value, { schema: wanted });
    const completed = (part: typeof leaf): object => ({ ...part, children: part.children.map(completed), ...defaults });
    expect(found).toEqual(completed(value as unknown as typeof leaf));
    expect(strangersIn(found)).toEqual([]);
    // A default is nobody's before it is read, and a reader's own afterwards.
    (found as { added: { n: number } }).added.n = 0;
    expect(await read(tree, leaf, { schema: wanted })).toMatchObject(defaults);
  });

  test("of a union is plain when it was written without one, or with another", async () => {
    const wide = ["null", "int", "string", "double"];
    expect(strangersIn(await read({ type: "array", items: "int" }, [1, 2], { schema: { type: "array", items: wide } }))).toEqual([]);
    expect(await read({ type: "array", items: ["int", "string"] }, [1, "a"], { schema: { type: "array", items: wide } })).toEqual([
      { int: 1 },
      { string: "a" },
    ]);
  });

  test("is a bad record where the bytes are none", async () => {
    await expect(read({ type: "array", items: "int" }, [1], { schema: tree })).rejects.toThrow(BadRecord);
  });
});
