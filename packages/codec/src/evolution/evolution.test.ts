import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrom } from "../../test/evolution/draw.ts";
import { evolve } from "../../test/evolution/evolve.ts";
import { codecFor, randomSchema, randomValue } from "../../test/evolution/schemas.ts";
import { roundTrip } from "../../test/round-trip.ts";
import type { Codec } from "../contract.ts";
import { createReader } from "../reader.ts";
import { t } from "../t.ts";
import { createWriter } from "../writer.ts";
import { codecOf } from "./codec-of.ts";
import { compatibilityOf } from "./compatibility.ts";

/** A failure names the seed that repeats it. */
const seeds = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));

/** What a value becomes when data of one codec is read as that of another. */
function migrated(written: Codec<unknown>, reader: Codec<unknown>, value: unknown): unknown {
  const compatibility = compatibilityOf(written.type, reader.type);
  const bytes = encoded(written, value);
  if (compatibility.kind === "same") return reader.decode(createReader(bytes));
  if (compatibility.kind === "refuse") throw new Error(JSON.stringify([compatibility.problems, written.type, reader.type]));
  const input = createReader(bytes);
  const output = createWriter();
  compatibility.rewrite(input, output);
  expect(input.remaining).toBe(0);
  return reader.decode(createReader(output.slice()));
}

function encoded(codec: Codec<unknown>, value: unknown): Uint8Array {
  const writer = createWriter();
  codec.encode(value, writer);
  return writer.slice();
}

const erased = (codec: Codec<never> | Codec<unknown>): Codec<unknown> => codec as Codec<unknown>;

function problemsOf(written: Codec<unknown>, reader: Codec<unknown>): readonly string[] {
  const compatibility = compatibilityOf(written.type, reader.type);
  return compatibility.kind === "refuse" ? compatibility.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
}

describe("random types that evolve at random", () => {
  it("give values as a model of the evolution has them", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = drawFrom(seed);
        const schema = randomSchema(draw);
        const { schema: next, model } = evolve(draw, schema, { breaking: false });
        const value = randomValue(draw, schema);
        const read = migrated(codecFor(schema), codecFor(next), value);
        expect(isDeepStrictEqual(read, model(value)), JSON.stringify([codecFor(schema).type, codecFor(next).type])).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("are refused at exactly the places of what can't be read", () => {
    let refused = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = drawFrom(seed);
        const schema = randomSchema(draw);
        const { schema: next, refusedAt } = evolve(draw, schema, { breaking: true });
        const compatibility = compatibilityOf(codecFor(schema).type, codecFor(next).type);
        const places = compatibility.kind === "refuse" ? compatibility.problems.map(({ path }) => path) : [];
        expect(new Set(places)).toEqual(new Set(refusedAt.map((path) => (path === "" ? "the value" : path.replace(/^\./, "")))));
        if (places.length > 0) refused++;
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(20);
  });

  it("take steps one after the other as they take them at once, where both can be read", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = drawFrom(seed);
        const schema = randomSchema(draw, 2);
        const once = evolve(draw, schema, { breaking: false });
        const twice = evolve(draw, once.schema, { breaking: false });
        const value = randomValue(draw, schema);
        const through = migrated(codecFor(once.schema), codecFor(twice.schema), migrated(codecFor(schema), codecFor(once.schema), value));
        expect(isDeepStrictEqual(through, twice.model(once.model(value)))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe("any two types", () => {
  it("are refused, or each value comes through with nothing in it that was neither written nor a default", () => {
    let read = 0;
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = drawFrom(seed);
        const schema = randomSchema(draw, 1);
        const [written, reader] = [codecFor(schema), codecFor(randomSchema(draw, 1))];
        const compatibility = compatibilityOf(written.type, reader.type);
        if (compatibility.kind === "refuse") {
          expect(compatibility.problems.length).toBeGreaterThan(0);
          return;
        }
        read++;
        const value = randomValue(draw, schema);
        expect(isWithin(migrated(written, reader, value), value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    expect(read).toBeGreaterThan(20);
  });
});

/** Whether a value says nothing that another does not: the same, or an object with some of its fields. */
function isWithin(value: unknown, of: unknown): boolean {
  if (isDeepStrictEqual(value, of)) return true;
  if (Array.isArray(value) && Array.isArray(of)) return value.length === of.length && value.every((held, index) => isWithin(held, of[index]));
  if (typeof value !== "object" || typeof of !== "object" || value === null || of === null) return false;
  if (value instanceof Map && of instanceof Map) return value.size === of.size && [...value].every(([key, held]) => isWithin(held, of.get(key)));
  if (value instanceof Set && of instanceof Set) return isWithin([...value], [...of]);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).every(([name, held]) => Object.hasOwn(of, name) && isWithin(held, (of as Record<string, unknown>)[name]));
}

describe("a type read as another", () => {
  const flight = t.object({ carrier: t.string(), delay: t.integer() });

  it("says field by field what changed", () => {
    const now = t.object({
      delayMinutes: t.aliased(t.number(), "delay"),
      gate: t.optional(t.string()),
      region: t.withDefault(t.literal("eu", "us"), "eu"),
    });
    expect(compatibilityOf(flight.type, now.type)).toMatchObject({
      kind: "migrate",
      changes: [
        "delayMinutes: was delay",
        "delayMinutes: integer → number",
        "gate: new, missing in older data",
        "region: new, its default in older data",
        "carrier: removed",
      ],
    });
    expect(migrated(erased(flight), erased(now), { carrier: "KL", delay: 7 })).toEqual({ delayMinutes: 7, region: "eu" });
  });

  it("names every place that can't be read, with what to do", () => {
    const now = t.object({ carrier: t.integer(), delay: t.integer(), legs: t.array(t.object({ to: t.string() })) });
    const before = t.object({ carrier: t.string(), delay: t.number(), legs: t.array(t.object({})) });
    expect(compatibilityOf(before.type, now.type)).toEqual({
      kind: "refuse",
      problems: [
        { path: "carrier", reason: "string → integer", hint: "declare migrate(from, value) on the state, or bring the type back" },
        {
          path: "delay",
          reason: "number → integer",
          hint: "a fraction would have no place: keep t.number(), or declare migrate(from, value) on the state",
        },
        {
          path: "legs[].to",
          reason: "a new field that older data does not have",
          hint: "give it a default: t.withDefault(codec, value), or make it t.optional(codec)",
        },
      ],
    });
  });

  it("is the same when only defaults and aliases differ", () => {
    const hinted = t.object({ carrier: t.aliased(t.string(), "airline"), delay: t.withDefault(t.integer(), 0) });
    expect(hinted.fingerprint).toBe(flight.fingerprint);
    expect(compatibilityOf(flight.type, hinted.type)).toEqual({ kind: "same" });
    expect(encoded(erased(hinted), { carrier: "KL", delay: 7 })).toEqual(encoded(erased(flight), { carrier: "KL", delay: 7 }));
    expect(hinted.type).toEqual({
      kind: "object",
      fields: [
        { name: "carrier", type: { kind: "string" }, aliases: ["airline"] },
        { name: "delay", type: { kind: "integer" }, default: "00" },
      ],
    });
  });

  it("makes each default anew", () => {
    const now = t.object({ carrier: t.string(), delay: t.integer(), tags: t.withDefault(t.array(t.string()), ["none"]) });
    const [first, second] = [1, 2].map((delay) => migrated(erased(flight), erased(now), { carrier: "KL", delay })) as { tags: string[] }[];
    expect(first?.tags).toEqual(["none"]);
    expect(first?.tags).not.toBe(second?.tags);
  });

  it("prefers a field's own name to its aliases", () => {
    const before = t.object({ from: t.string(), origin: t.string() });
    const now = t.object({ origin: t.aliased(t.string(), "from") });
    expect(migrated(erased(before), erased(now), { from: "a", origin: "b" })).toEqual({ origin: "b" });
  });

  it("does not take one conversion for another, nor for its data", () => {
    const url = (name: string) => t.converted(name, t.string(), { toData: (value: URL) => value.href, fromData: (href) => new URL(href) });
    expect(problemsOf(erased(t.array(url("URL"))), erased(t.array(url("Link"))))).toEqual(["[]: URL as string → Link as string"]);
    expect(problemsOf(erased(t.string()), erased(url("URL")))).toHaveLength(1);
    expect(problemsOf(erased(url("URL")), erased(t.any()))).toHaveLength(1);
    const longer = t.converted("URL", t.nullable(t.string()), {
      toData: (value: URL) => value.href,
      fromData: (href) => new URL(href ?? "about:blank"),
    });
    expect((migrated(erased(url("URL")), erased(longer), new URL("https://example.org/")) as URL).href).toBe("https://example.org/");
  });

  it("knows a renamed variant by its alias", () => {
    const before = t.tagged("kind", { disc: { radius: t.integer() }, label: {} });
    const now = t.tagged("kind", { label: {}, circle: { radius: t.number() } }, { circle: ["disc"] });
    expect(migrated(erased(before), erased(now), { kind: "disc", radius: 2 })).toEqual({ kind: "circle", radius: 2 });
    expect(problemsOf(erased(before), erased(t.tagged("kind", { label: {} })))).toEqual(["<disc>: the variant is gone"]);
  });

  it("keeps −0 and NaN where a type is widened", () => {
    expect(Object.is(migrated(erased(t.integer()), erased(t.number()), -0), -0)).toBe(true);
    expect(migrated(erased(t.number()), erased(t.nullable(t.number())), Number.NaN)).toBe(Number.NaN);
  });
});

describe("declarations for evolution", () => {
  it("refuse what could be read in two ways", () => {
    const refused = expect.objectContaining({ code: "CODEC_DECLARATION" });
    expect(() => t.object({ a: t.string(), b: t.aliased(t.string(), "a") })).toThrow(refused);
    expect(() => t.object({ a: t.aliased(t.string(), "x"), b: t.aliased(t.string(), "x") })).toThrow(refused);
    expect(() => t.tagged("kind", { a: {}, b: {} }, { a: ["b"] })).toThrow(refused);
    expect(() => t.tagged("kind", { a: {} }, { ["c" as "a"]: ["b"] })).toThrow(refused);
    expect(() => t.withDefault(t.integer(), 0.5)).toThrow(expect.objectContaining({ code: "CODEC_TYPE" }));
  });
});

describe("a codec from a description", () => {
  it("is the codec that was described", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const draw = drawFrom(seed);
        const start = randomSchema(draw);
        const schema = draw.boolean() ? start : evolve(draw, start, { breaking: false }).schema;
        const codec = codecFor(schema);
        const again = codecOf(JSON.parse(JSON.stringify(codec.type)) as Codec<unknown>["type"]);
        expect(again.type).toEqual(codec.type);
        expect(again.fingerprint).toBe(codec.fingerprint);
        const value = randomValue(draw, schema);
        expect(encoded(again, value)).toEqual(encoded(codec, value));
        expect(isDeepStrictEqual(roundTrip(again, value), value)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("gives converted values as data", () => {
    const url = t.converted("URL", t.string(), { toData: (value: URL) => value.href, fromData: (href) => new URL(href) });
    const bytes = encoded(erased(url), new URL("https://example.org/"));
    expect(codecOf(url.type).decode(createReader(bytes))).toBe("https://example.org/");
    expect(codecOf(url.type).fingerprint).toBe(url.fingerprint);
  });

  it("is refused for what this version does not know", () => {
    const refused = expect.objectContaining({ code: "CODEC_DESCRIPTION" });
    expect(() => codecOf({ kind: "quaternion" })).toThrow(refused);
    expect(() => codecOf({ kind: "toString" })).toThrow(refused);
    expect(() => codecOf({ kind: "array" })).toThrow(refused);
    expect(() => codecOf({ kind: "tuple", elements: 1 })).toThrow(refused);
    expect(() => codecOf({ kind: "typedArray", of: "Array" })).toThrow(refused);
  });
});
