import { describe, expect, test } from "vitest";
import { settled } from "../../../test/settled.ts";
import { BadRecord } from "../format.ts";
import { protobufMessage } from "./protobuf.ts";
import { schemaRegistry } from "./schema-registry.ts";

/** What `protobufMessage` reads of the bytes of a message of the schema, the first of its file. */
async function read(schema: string, ...bytes: readonly (number | string)[]): Promise<unknown> {
  const registry = schemaRegistry({
    url: "http://none",
    transport: async () => ({ status: 200, body: JSON.stringify({ schema, schemaType: "PROTOBUF" }) }),
  });
  const format = protobufMessage<unknown>(registry);
  const message = bytes.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part)));
  return settled(() => format.read(Buffer.concat([Buffer.of(0, 0, 0, 0, 1, 0), ...message])));
}

const declarations = {
  proto2: 'syntax = "proto2"; message M { optional string s = 1; map<string, string> m = 2; repeated string r = 3; optional M inner = 4; }',
  proto3: 'syntax = "proto3"; message M { string s = 1; map<string, string> m = 2; repeated string r = 3; M inner = 4; }',
};

describe.each(["proto2", "proto3"] as const)("what protobufMessage reads of %s", (syntax) => {
  const schema = declarations[syntax];

  test.each([
    ["a field", [10, 2, "a", 0xff]],
    ["a key of a map", [18, 6, 10, 1, 0xff, 18, 1, "v"]],
    ["a value of a map", [18, 6, 10, 1, "k", 18, 1, 0xff]],
    ["one of several", [26, 1, "a", 26, 2, 0xc3, 0x28]],
    ["a message inside", [34, 3, 10, 1, 0xff]],
    ["a long text", [10, 100, "a".repeat(99), 0xff]],
  ])("is a bad record where a string is not UTF-8: %s", async (_, bytes) => {
    await expect(read(schema, ...bytes)).rejects.toThrow(BadRecord);
  });

  test("are strings of any kind, those among them that hold the sign of what can't be read", async () => {
    expect(await read(schema, 10, 9, "é\uFFFD😀")).toMatchObject({ s: "é\uFFFD😀" });
  });

  test("are maps whose keys are fields of their own, __proto__ too", async () => {
    const { m } = (await read(schema, 18, 14, 10, 9, "__proto__", 18, 1, "v")) as { readonly m: object };
    expect(Object.entries(m)).toEqual([["__proto__", "v"]]);
  });
});
