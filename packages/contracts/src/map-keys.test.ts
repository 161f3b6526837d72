import { type Codec, t } from "@millrace/codec";
import { expect, test } from "vitest";
import { checkMapKey } from "./map-keys.ts";
import { state } from "./state.ts";

test.each([
  ["date", t.date()],
  ["tuple", t.tuple(t.string(), t.integer())],
  ["object", t.object({ id: t.integer() })],
  ["array", t.array(t.integer())],
  ["bytes", t.bytes()],
  ["null", t.null()],
])("a map with keys of type %s is refused where it is declared", (kind, keyCodec) => {
  const refusal = { code: "STATE_MAP_KEY", message: `a key of map state must be a string, number, boolean or bigint; t.${kind}(…) gives none` };
  expect(() => state.map<unknown, number>(keyCodec, t.integer())).toThrow(expect.objectContaining(refusal));
});

test("primitives are keys, and so are values of types that may be primitives", () => {
  const codecs = [t.string(), t.number(), t.integer(), t.boolean(), t.bigint(), t.literal("a", "b"), t.any(), t.nullable(t.string())];
  for (const codec of codecs) expect(state.map(codec as Codec<unknown>, t.integer()).keyCodec).toBe(codec);
  for (const key of ["", 0, Number.NaN, -0, false, 0n]) expect(() => checkMapKey(key)).not.toThrow();
});

test.each([undefined, null, new Date(0), ["a", 1], Symbol("a"), () => 0])("%s is no key", (key) => {
  expect(() => checkMapKey(key)).toThrow(expect.objectContaining({ code: "STATE_MAP_KEY" }));
});
