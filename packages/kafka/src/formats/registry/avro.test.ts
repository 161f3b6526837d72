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

/** What `avro` reads of a value that was written with `written`; a Buffer: of bytes as they are. */
async function read(written: object, given: unknown, options: { readonly schema?: object } = {}): Promise<unknown> {
  const registry = schemaRegistry({
    url: "http://none",
    transport: async () => ({ status: 200, body: JSON.stringify({ schema: JSON.stringify(written) }) }),
  });
  const format = avro<unknown>(registry, options);
  const content = Buffer.isBuffer(given) ? given : avsc.Type.forSchema(written as avsc.Schema).toBuffer(given);
  return settled(() => format.read(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), content])));
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

describe("bytes that Avro does not write", () => {
  const strings = { type: "array", items: "string" };
  const map = { type: "map", values: "string" };
  const row = { type: "record", name: "Row", fields: [{ name: "s", type: "string" }] };
  const only = { type: "record", name: "Row", fields: [{ name: "n", type: "int", default: 0 }] };
  const notText = Buffer.of(4, 0x61, 0xff);

  test.each<readonly [string, object, Buffer, object?]>([
    ["a string", { type: "string" }, notText],
    ["a field", row, notText],
    ["a field that is resolved", row, notText, { ...row, fields: [...row.fields, ...only.fields] }],
    ["bytes that are resolved to a string", { type: "bytes" }, notText, { type: "string" }],
    ["an item", strings, Buffer.of(2, ...notText, 0)],
    ["one of a union", { type: "array", items: ["null", "string"] }, Buffer.of(2, 2, ...notText, 0)],
    ["a key of a map", map, Buffer.of(2, ...notText, 2, 0x76, 0)],
    ["a value of a map", map, Buffer.of(2, 2, 0x6b, ...notText, 0)],
    ["a key of a map that is resolved", map, Buffer.of(2, ...notText, 2, 0x76, 0), { type: "map", values: ["null", "string"] }],
  ])("are a bad record where they are not UTF-8: %s", async (_, written, bytes, schema) => {
    await expect(read(written as object, bytes, schema === undefined ? {} : { schema: schema as object })).rejects.toThrow(
      new BadRecord("a string is not UTF-8"),
    );
  });

  test("are not the sign of what can't be read, where it was written itself", async () => {
    expect(await read(strings, ["é\uFFFD😀", "\uFFFD"])).toEqual(["é\uFFFD😀", "\uFFFD"]);
    expect(await read(map, { "\uFFFD": "v" })).toEqual({ "\uFFFD": "v" });
  });

  /** 2^49 − 1, and with the size of the block in front of it, as writers may say it. */
  const length = Buffer.of(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
  const lengthWithSize = Buffer.of(0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 2);
  const holder = (type: object) => ({ ...only, fields: [{ name: "gone", type }, ...only.fields] });

  test.each<readonly [string, object, Buffer, object?]>([
    ["of nulls", { type: "array", items: "null" }, length],
    ["of nulls, with a size", { type: "array", items: "null" }, lengthWithSize],
    ["of numbers", { type: "array", items: "long" }, length],
    ["of a map", map, length],
    ["of nulls that are left out", holder({ type: "array", items: "null" }), length, only],
    ["of a map that is left out", holder(map), length, only],
    ["of bytes that go back", holder({ type: "array", items: "null" }), Buffer.of(1, 5), only],
  ])("are a bad record at once where a length is damaged: %s", async (_, written, bytes, schema) => {
    await expect(read(written as object, bytes, schema === undefined ? {} : { schema: schema as object })).rejects.toThrow(BadRecord);
  });

  test("are not many items in several blocks, with or without their sizes", async () => {
    expect(await read({ type: "array", items: "int" }, Buffer.of(4, 2, 4, 1, 2, 6, 0))).toEqual([1, 2, 3]);
    expect(await read({ type: "array", items: "null" }, new Array<null>(100_000).fill(null))).toHaveLength(100_000);
    expect(await read(holder({ type: "array", items: "int" }), Buffer.of(4, 2, 4, 1, 2, 6, 0, 14), { schema: only })).toEqual({ n: 7 });
  });
});

test("a field with the name __proto__ is refused: it would be no field of what is read", async () => {
  const written = { type: "record", name: "Row", fields: [{ name: "__proto__", type: "int" }] };
  await expect(read(written, Buffer.of(2))).rejects.toThrow("a field can't have the name __proto__");
});

describe("a map that avro reads", () => {
  test("has its keys as fields of its own, __proto__ too", async () => {
    const written = { type: "map", values: { type: "map", values: "int" } };
    for (const options of [{}, { schema: { type: "map", values: { type: "map", values: "long" } } }]) {
      const found = await read(written, Buffer.from([2, 18, ...Buffer.from("__proto__"), 2, 2, 0x61, 2, 0, 0]), options);
      expect(Object.entries(found as object)).toEqual([["__proto__", { a: 1 }]]);
      expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    }
  });
});
