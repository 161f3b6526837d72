import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf, roundTrip } from "../../test/round-trip.ts";
import { anyValue } from "../../test/values.ts";
import { createReader } from "../reader.ts";
import { t } from "../t.ts";
import { createWriter } from "../writer.ts";
import { checkRecord, isRecordValue } from "./check-record.ts";
import { registerClass } from "./classes.ts";

class Money {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}
const money = t.converted("Money", t.integer(), { toData: (value: Money) => value.cents, fromData: (cents) => new Money(cents) });
registerClass("Money", Money, money);

const cycle: unknown[] = [];
cycle.push(cycle);

const refused: readonly (readonly [unknown, string])[] = [
  [() => 1, "the value: a function can't be part"],
  [Symbol("a"), "the value: a symbol can't be part"],
  [{ a: [{ b: Promise.resolve() }] }, "a[0].b: a Promise can't be part"],
  [{ "a b": /x/ }, '["a b"]: a RegExp can\'t be part'],
  [[new Error("x")], "[0]: an Error can't be part"],
  [new (class Unknown {})(), "the value: an Unknown can't be part"],
  [new (class Special extends Map {})(), "the value: a Special can't be part"],
  [new (class extends Money {})(1), "can't be part"],
  [new ArrayBuffer(1), "an ArrayBuffer can't be part"],
  [new (class Samples extends Float64Array {})(1), "a Samples can't be part"],
  [new DataView(new ArrayBuffer(1)), "a DataView can't be part"],
  [new Map([["k", Symbol()]]), 'get("k"): a symbol'],
  [new Map([[Symbol(), 1]]), "keys()[0]: a symbol"],
  [new Set([1, () => 1]), "values()[1]: a function"],
  [{ [Symbol("s")]: 1 }, "[Symbol(s)]: fields named by symbols"],
  [Object("boxed"), "a String can't be part"],
  [new Array(2), "[0]: the array has a hole here"],
  [{ line: /(?<user>\w+) (\d+)/.exec("ada 12") }, "line: what a regular expression matched can't be part"],
  [cycle, "nested deeper than 500 levels"],
];

describe("t.any()", () => {
  it("brings every value of law O6 back", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(isDeepStrictEqual(roundTrip(t.any(), value), value)).toBe(true);
        expect(isRecordValue(value)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("brings a Buffer back as one, and a Uint8Array as what it is", () => {
    const decoded = roundTrip(t.any(), { buffer: Buffer.from("text"), bytes: Uint8Array.of(1, 2), empty: Buffer.alloc(0) });
    expect(decoded).toStrictEqual({ buffer: Buffer.from("text"), bytes: Uint8Array.of(1, 2), empty: Buffer.alloc(0) });
    expect(String((decoded as { buffer: unknown }).buffer)).toBe("text");
    expect(String((decoded as { bytes: unknown }).bytes)).toBe("1,2");
  });

  it("reads bytes of before there was a form for Buffers", () => {
    expect(t.any().decode(createReader(Uint8Array.of(13, 1, 2, 7, 8)))).toStrictEqual(Uint8Array.of(7, 8));
  });

  it("brings instances of registered classes back", () => {
    const value = { price: new Money(250), list: [new Money(-1)] };
    const decoded = roundTrip(t.any(), value) as typeof value;
    expect(decoded).toEqual(value);
    expect(decoded.price).toBeInstanceOf(Money);
  });

  it.each(refused)("refuses %s by field path", (value, message) => {
    expect(refusalOf(t.any(), value)).toContain(message);
  });

  it("refuses short and damaged input", () => {
    const writer = createWriter();
    t.any().encode({ a: [1, "two", 3n], b: new Date(0), c: new Map([[1, Int16Array.of(1)]]), d: new Money(5) }, writer);
    for (let length = 0; length < writer.length; length++) {
      expect(() => t.any().decode(createReader(writer.slice(), 0, length))).toThrow(expect.objectContaining({ code: "CODEC_TRUNCATED" }));
    }
    expect(() => t.any().decode(createReader(Uint8Array.of(100)))).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });

  it("reads as many levels as it writes, and refuses more before they end the stack", () => {
    let value: unknown = "core";
    for (let level = 0; level < 500; level++) value = [value];
    expect(roundTrip(t.any(), value)).toEqual(value);
    const arrayOfOne = [9, 1];
    const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => arrayOfOne[at % 2] as number);
    expect(() => t.any().decode(createReader(bytes))).toThrow(expect.objectContaining({ code: "CODEC_CORRUPT" }));
  });
});

describe("registerClass", () => {
  it("refuses a name with two types, and takes a class loaded twice", () => {
    class Again {}
    expect(() => registerClass("Money", Again, t.converted("Again", t.null(), { toData: () => null, fromData: () => new Again() }))).toThrow(
      expect.objectContaining({ code: "CODEC_CLASS" }),
    );
    registerClass("Money", Money, money);
  });

  it("is asked for by name when the class of an instance is unknown", () => {
    const bytes = Uint8Array.of(14, 4, ...Buffer.from("Lost"));
    expect(() => t.any().decode(createReader(bytes))).toThrow(/"Lost", which is not registered here/);
  });
});

describe("checkRecord", () => {
  it.each(refused)("refuses %s below the path given", (value, message) => {
    expect(isRecordValue(value)).toBe(false);
    expect(() => checkRecord(value, "flight")).toThrow(expect.objectContaining({ code: "CODEC_TYPE" }));
    const place = message.startsWith("the value") ? "flight: " : "flight";
    expect(() => checkRecord(value, "flight")).toThrow(new RegExp(`^${place}`));
  });

  it("names the place from the record down", () => {
    expect(() => checkRecord({ readings: [{ at: () => 1 }] })).toThrow("record.readings[0].at: a function can't be part of a record or of state");
  });

  it("takes instances of registered classes", () => {
    expect(isRecordValue({ price: new Money(1) })).toBe(true);
  });
});
