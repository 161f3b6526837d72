import { describe, expect, it } from "vitest";
import { refusalOf, roundTrip } from "../test/round-trip.ts";
import type { Codec } from "./contract.ts";
import { createReader } from "./reader.ts";
import { t } from "./t.ts";
import { createWriter } from "./writer.ts";

describe("lengths that damage has made", () => {
  /** 2^53 − 1 elements and whatever follows. */
  const damaged = () => {
    const writer = createWriter();
    writer.varint(Number.MAX_SAFE_INTEGER);
    for (let byte = 0; byte < 100; byte++) writer.u8(1);
    return createReader(writer.slice());
  };

  it.each<readonly [string, Codec<unknown>]>([
    ["an array of null", t.array(t.null())],
    ["an array of undefined", t.array(t.undefined())],
    ["an array of one literal", t.array(t.literal("only"))],
    ["an array of objects without fields", t.array(t.object({}))],
    ["an array of empty tuples", t.array(t.tuple())],
    ["a set of null", t.set(t.null())],
    ["a map of nothing to nothing", t.map(t.null(), t.null())],
    ["an array of numbers", t.array(t.number())],
    ["a map of strings", t.map(t.string(), t.null())],
    ["a record", t.record(t.null())],
    ["an array in any", t.any()],
  ])("are refused at once: %s", (_, codec) => {
    const reader = damaged();
    const bytes = codec.type.kind === "any" ? createReader(Uint8Array.of(9, ...reader.view(reader.remaining))) : reader;
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^CODEC_(CORRUPT|TRUNCATED)$/) }));
  });

  it("are none where elements need no bytes, up to a million of them; more are refused when they are written", () => {
    const most = new Array<null>(2 ** 20).fill(null);
    expect(roundTrip(t.array(t.null()), most)).toHaveLength(2 ** 20);
    expect(refusalOf(t.array(t.null()), [...most, null])).toContain("1048577 elements that need no bytes");
    const many = new Array<boolean>(2 ** 20 + 1).fill(true);
    expect(roundTrip(t.array(t.boolean()), many)).toHaveLength(2 ** 20 + 1);
  });
});
