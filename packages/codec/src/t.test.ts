import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { refusalOf, roundTrip } from "../test/round-trip.ts";
import { anyNumber, anyText } from "../test/values.ts";
import type { Codec, Infer } from "./contract.ts";
import { createReader } from "./reader.ts";
import { t } from "./t.ts";
import { buildObject } from "./types/object/index.ts";
import { createWriter } from "./writer.ts";

function keeps<T>(codec: Codec<T>, ...values: T[]): void {
  for (const value of values)
    expect(isDeepStrictEqual(roundTrip(codec, value), value), `${JSON.stringify(codec.type)} of ${String(value)}`).toBe(true);
}

describe("scalar codecs", () => {
  it("bring their values back", () => {
    keeps(t.boolean(), true, false);
    keeps(t.null(), null);
    keeps(t.undefined(), undefined);
    keeps(t.date(), new Date(0), new Date(-1), new Date(Number.NaN));
    keeps(t.bytes(), new Uint8Array(0), Uint8Array.of(1, 2, 255));
    keeps(t.literal("a", 1, true, null), "a", 1, true, null);
    keeps(t.typedArray("Float64Array"), Float64Array.of(1, Number.NaN, -0));
    keeps(t.typedArray("BigInt64Array"), BigInt64Array.of(-(2n ** 63n)));
    fc.assert(fc.property(anyText, (value) => keeps(t.string(), value)));
    fc.assert(fc.property(anyNumber, (value) => keeps(t.number(), value)));
    fc.assert(fc.property(fc.bigInt(), (value) => keeps(t.bigint(), value)));
    keeps(t.bigint(), 0n, -1n, 255n, 256n, -(2n ** 64n), 2n ** 4000n);
  });

  it("bring every safe integer back, −0 too, in few bytes where it is small", () => {
    const edges = [
      0,
      -0,
      1,
      -1,
      63,
      64,
      -64,
      -65,
      2 ** 30 - 1,
      2 ** 30,
      -(2 ** 30),
      -(2 ** 30) - 1,
      2 ** 31,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ];
    keeps(t.integer(), ...edges);
    fc.assert(fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), (value) => keeps(t.integer(), value)));
    const writer = createWriter();
    t.integer().encode(-64, writer);
    expect(writer.length).toBe(1);
  });

  it("refuse values of other types", () => {
    expect(refusalOf(t.number(), "1")).toBe("the value: expected a number, got a string");
    expect(refusalOf(t.string(), undefined)).toBe("the value: expected a string, got undefined");
    expect(refusalOf(t.integer(), 1.5)).toContain("expected an integer within ±2^53, got the number 1.5");
    expect(refusalOf(t.integer(), 2 ** 53)).toContain("expected an integer within ±2^53");
    expect(refusalOf(t.boolean(), null)).toContain("got null");
    expect(refusalOf(t.bigint(), 1)).toContain("expected a bigint, got a number");
    expect(refusalOf(t.date(), 0)).toContain("expected a Date, got a number");
    expect(refusalOf(t.bytes(), [1])).toContain("expected a Uint8Array, got an array");
    expect(refusalOf(t.typedArray("Int8Array"), new Uint8Array(1))).toContain("expected a Int8Array, got a Uint8Array");
    expect(refusalOf(t.literal("a", "b"), "c")).toContain('expected one of "a", "b"');
    expect(refusalOf(t.literal(0), -0)).toContain("expected 0, got the number -0");
    expect(refusalOf(t.null(), undefined)).toContain("expected null");
    expect(refusalOf(t.undefined(), null)).toContain("expected undefined");
  });

  it("refuse declarations that could not bring their values back", () => {
    const refused = expect.objectContaining({ code: "CODEC_DECLARATION" });
    expect(() => t.literal()).toThrow(refused);
    expect(() => t.literal(Number.NaN)).toThrow(refused);
    expect(() => t.literal("a", "a")).toThrow(refused);
    expect(() => t.tagged("kind", { a: { kind: t.string() } })).toThrow(refused);
  });
});

describe("collection codecs", () => {
  it("bring their values back", () => {
    keeps(t.array(t.integer()), [], [1, 2, 3]);
    keeps(t.array(t.undefined()), [undefined, undefined]);
    keeps(t.tuple(t.string(), t.number()), ["a", 1]);
    keeps(t.tuple(), []);
    keeps(
      t.map(t.string(), t.array(t.number())),
      new Map(),
      new Map([
        ["a", [1]],
        ["b", []],
      ]),
    );
    keeps(t.set(t.bigint()), new Set(), new Set([1n, -1n]));
    keeps(
      t.record(t.number()),
      {},
      { a: 1, "": 2 },
      Object.defineProperty({}, "__proto__", { value: 1, writable: true, enumerable: true, configurable: true }),
    );
    keeps(t.nullable(t.string()), null, "a");
    keeps(t.undefinable(t.string()), undefined, "a");
  });

  it("name the place of what they refuse", () => {
    expect(refusalOf(t.array(t.string()), ["a", 1])).toBe("[1]: expected a string, got a number");
    expect(refusalOf(t.array(t.any()), new Array(1))).toContain("[0]: the array has a hole here");
    expect(refusalOf(t.array(t.string()), { length: 0 })).toContain("expected an array, got an object");
    expect(refusalOf(t.tuple(t.string(), t.number()), ["a", "b"])).toBe("[1]: expected a number, got a string");
    expect(refusalOf(t.tuple(t.string()), ["a", "b"])).toContain("expected an array of 1, got one of 2");
    expect(refusalOf(t.map(t.string(), t.number()), new Map([["a", "b"]]))).toBe('.get("a"): expected a number, got a string'.slice(1));
    expect(refusalOf(t.map(t.string(), t.number()), new Map([[1, 1]]))).toBe("keys()[0]: expected a string, got a number");
    expect(refusalOf(t.set(t.string()), new Set(["a", 1]))).toBe("values()[1]: expected a string, got a number");
    expect(refusalOf(t.record(t.string()), { "a b": 1 })).toBe('["a b"]: expected a string, got a number');
    expect(refusalOf(t.record(t.string()), new Map())).toContain("expected a plain object, got a Map");
  });
});

describe.each([
  ["generated", true],
  ["interpreted", false],
] as const)("the %s object codec", (_, generate) => {
  const reading = buildObject({ at: t.number(), place: t.string(), ok: t.boolean(), count: t.integer() }, generate);

  it("brings plain objects back", () => {
    keeps(reading, { at: Number.NaN, place: "héllo", ok: true, count: -3 });
    keeps(buildObject({}, generate), {});
    keeps(buildObject({ nested: buildObject({ list: t.array(reading) }, generate) }, generate), {
      nested: { list: [{ at: -0, place: "", ok: false, count: 0 }] },
    });
    const bare = Object.assign(Object.create(null), { at: 1, place: "", ok: true, count: 2 });
    expect(roundTrip(reading, bare)).toEqual({ at: 1, place: "", ok: true, count: 2 });
  });

  it("brings optional fields back as they were: there, undefined, or missing", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    const codec = buildObject(
      Object.fromEntries([...names.map((name) => [name, t.optional(t.undefinable(t.integer()))]), ["z", t.string()]]),
      generate,
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.option(fc.integer(), { nil: undefined })), (optionals) => {
        keeps(codec, { ...optionals, z: "z" } as Infer<typeof codec>);
      }),
    );
  });

  it("brings awkward field names back", () => {
    const declared = JSON.parse('{"__proto__": 0, "constructor": 0, "a-b": 0, "7": 0, "": 0, "\\"": 0}') as Record<string, unknown>;
    for (const optional of [false, true]) {
      const fields = Object.entries(declared).map(([name]) => [name, optional ? t.optional(t.number()) : t.number()] as const);
      const codec = buildObject(fieldsObject(fields), generate);
      keeps(codec as Codec<unknown>, declared);
    }
  });

  it("refuses what would not come back, by field path", () => {
    const good = { at: 1, place: "a", ok: true, count: 1 };
    const nested = buildObject({ readings: t.array(reading) }, generate);
    expect(refusalOf(nested, { readings: [good, good, good, { ...good, at: "1" }] })).toBe("readings[3].at: expected a number, got a string");
    expect(refusalOf(reading, { ...good, place: undefined })).toBe("place: expected a string, got undefined");
    expect(refusalOf(reading, { at: 1, place: "a", count: 1 })).toBe("ok: the field is missing");
    expect(refusalOf(buildObject({ x: t.any() }, generate), {})).toBe("x: the field is missing");
    expect(refusalOf(reading, { ...good, extra: 1 })).toBe("extra: the field is not declared");
    expect(refusalOf(reading, { ...good, count: 0.5 })).toContain("count: expected an integer");
    expect(refusalOf(reading, null)).toBe("the value: expected a plain object, got null");
    expect(refusalOf(reading, [1])).toBe("the value: expected a plain object, got an array");
    expect(refusalOf(reading, new (class Reading {})())).toBe("the value: expected a plain object, got a Reading");
    expect(refusalOf(buildObject({ a: t.optional(t.string()) }, generate), { a: undefined })).toBe("a: expected a string, got undefined");
    expect(refusalOf(buildObject({ a: t.optional(t.string()) }, generate), { b: "" })).toBe("b: the field is not declared");
  });

  it("refuses short input", () => {
    const writer = createWriter();
    reading.encode({ at: 1, place: "abc", ok: true, count: 1 }, writer);
    for (let length = 0; length < writer.length; length++) {
      expect(() => reading.decode(createReader(writer.slice(), 0, length))).toThrow(expect.objectContaining({ code: "CODEC_TRUNCATED" }));
    }
  });

  it("writes the same bytes as the other form", () => {
    const fields = { a: t.optional(t.integer()), b: t.string(), c: t.optional(t.any()), d: t.array(t.number()) };
    const [one, other] = [buildObject(fields, generate), buildObject(fields, !generate)];
    for (const value of [
      { b: "", d: [] },
      { a: 1, b: "x", c: { y: 1 }, d: [1] },
    ]) {
      const [first, second] = [createWriter(), createWriter()];
      one.encode(value, first);
      other.encode(value, second);
      expect(first.slice()).toEqual(second.slice());
    }
    expect(one.fingerprint).toBe(other.fingerprint);
  });
});

function fieldsObject(fields: readonly (readonly [string, unknown])[]): Record<string, Codec<unknown>> {
  const object = {};
  for (const [name, value] of fields) Object.defineProperty(object, name, { value, enumerable: true });
  return object;
}

describe("tagged unions", () => {
  const shape = t.tagged("kind", { circle: { radius: t.number() }, label: { text: t.string(), size: t.optional(t.integer()) } });

  it("bring every variant back", () => {
    keeps(shape, { kind: "circle", radius: 2 }, { kind: "label", text: "a" }, { kind: "label", text: "a", size: 3 });
  });

  it("refuse unknown variants, and fields of another variant", () => {
    expect(refusalOf(shape, { kind: "square" })).toBe('kind: expected one of "circle", "label", got a string');
    expect(refusalOf(shape, { kind: "circle", radius: "2" })).toBe("radius: expected a number, got a string");
    expect(refusalOf(shape, { kind: "circle", radius: 1, text: "" })).toBe("text: the field is not declared");
    expect(refusalOf(shape, {})).toContain("kind: expected one of");
  });
});

describe("converted values", () => {
  it("are written as data and made anew", () => {
    const url = t.converted("URL", t.string(), { toData: (value: URL) => value.href, fromData: (href) => new URL(href) });
    expect(roundTrip(url, new URL("https://example.org/a")).href).toBe("https://example.org/a");
    expect(url.type).toEqual({ kind: "converted", name: "URL", as: { kind: "string" } });
  });
});

describe("fingerprints", () => {
  it("stay what they were: a change of any of these makes old state unreadable", () => {
    const flight = t.object({ carrier: t.string(), delay: t.integer(), tags: t.optional(t.set(t.string())) });
    expect(flight.type).toEqual({
      kind: "object",
      fields: [
        { name: "carrier", type: { kind: "string" } },
        { name: "delay", type: { kind: "integer" } },
        { name: "tags", type: { kind: "set", element: { kind: "string" } }, optional: true },
      ],
    });
    expect([t.string(), t.number(), t.any(), flight].map((codec) => codec.fingerprint)).toMatchInlineSnapshot(`
      [
        "7ecf3cb3fd05af90",
        "2df090c07107df80",
        "5031beb25a6ecfd3",
        "382954735958b9b8",
      ]
    `);
    expect(Object.isFrozen(flight) && Object.isFrozen(flight.type) && Object.isFrozen(flight.type.fields)).toBe(true);
  });

  it("differ with names, order and optionality of fields", () => {
    const codecs = [
      t.object({ a: t.string(), b: t.string() }),
      t.object({ b: t.string(), a: t.string() }),
      t.object({ a: t.string(), b: t.optional(t.string()) }),
      t.object({ a: t.string(), c: t.string() }),
      t.tuple(t.string(), t.string()),
    ];
    expect(new Set(codecs.map((codec) => codec.fingerprint)).size).toBe(codecs.length);
  });
});

describe("types", () => {
  it("follow from the declarations", () => {
    const codec = t.object({
      name: t.string(),
      at: t.optional(t.date()),
      kind: t.literal("a", "b"),
      pairs: t.array(t.tuple(t.string(), t.nullable(t.bigint()))),
      counts: t.map(t.string(), t.undefinable(t.number())),
      raw: t.any(),
      values: t.typedArray("Float32Array"),
      rest: t.record(t.set(t.integer())),
    });
    expectTypeOf<Infer<typeof codec>>().toEqualTypeOf<{
      name: string;
      at?: Date;
      kind: "a" | "b";
      pairs: [string, bigint | null][];
      counts: Map<string, number | undefined>;
      raw: unknown;
      values: Float32Array<ArrayBuffer>;
      rest: Record<string, Set<number>>;
    }>();
    const shape = t.tagged("kind", { circle: { radius: t.number() }, label: { text: t.optional(t.string()) } });
    expectTypeOf<Infer<typeof shape>>().toEqualTypeOf<{ kind: "circle"; radius: number } | { kind: "label"; text?: string }>();
  });
});
