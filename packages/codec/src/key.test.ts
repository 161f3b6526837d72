import { checkKey, type Key } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyNumber, anyText } from "../test/values.ts";
import { decodeKey, encodeKey } from "./key.ts";
import { createReader } from "./reader.ts";
import { createWriter } from "./writer.ts";

const part = fc.oneof(
  anyText,
  anyNumber.filter((value) => !Number.isNaN(value)),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const anyKey: fc.Arbitrary<Key> = fc.oneof(part, fc.array(part, { maxLength: 4 })).map(checkKey);

function bytesOf(key: Key): Uint8Array {
  const writer = createWriter(1);
  encodeKey(key, writer);
  return writer.slice();
}

describe("encoded keys", () => {
  it("come back, whatever follows them", () => {
    fc.assert(
      fc.property(anyKey, fc.uint8Array({ maxLength: 4 }), (key, after) => {
        const bytes = bytesOf(key);
        const reader = createReader(Uint8Array.of(...bytes, ...after));
        expect(decodeKey(reader)).toStrictEqual(key);
        expect(reader.position).toBe(bytes.length);
      }),
    );
  });

  it("tell keys of different kinds apart", () => {
    const keys: Key[] = ["1", 1, 1n, true, ["1"], [1], [1n], [true], [], "", [""], ["", ""], 1.5, [1.5], ["a", "b"], ["ab"]];
    const texts = keys.map((key) => Buffer.from(bytesOf(key)).toString("hex"));
    for (const [index, text] of texts.entries()) {
      for (const [other, longer] of texts.entries()) expect(index !== other && longer.startsWith(text), `${text} begins ${longer}`).toBe(false);
    }
  });

  it("are the same for 0 and −0", () => {
    expect(bytesOf(-0)).toEqual(bytesOf(0));
  });

  it("are refused when damaged", () => {
    expect(() => decodeKey(createReader(Uint8Array.of(99)))).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
    expect(() => decodeKey(createReader(Uint8Array.of(7, 1, 7, 0)))).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });
});
