import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvEncoder, jsonLinesEncoder } from "./encoding.ts";

describe("jsonLinesEncoder", () => {
  test("writes what JSON.stringify does, one value a line", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonLinesEncoder().encode(value)).toBe(`${JSON.stringify(value)}\n`);
      }),
    );
    expect(jsonLinesEncoder().encode({ at: new Date(0), nothing: undefined, ratio: Number.NaN })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","ratio":null}\n',
    );
  });

  test.each([
    [{ a: { b: new Map() } }, "a.b (a Map)"],
    [{ a: [1, new Set()] }, "a.1 (a Set)"],
    [{ a: new Uint8Array(1) }, "a (a Uint8Array)"],
    [{ a: 1n }, "a (a bigint)"],
    [{ a: () => 1 }, "a (a function)"],
    [new Map(), "the record (a Map)"],
    [undefined, "undefined"],
  ])("refuses what would be lost in silence: %o", (value, part) => {
    expect(() => jsonLinesEncoder().encode(value)).toThrow(`a record can't be written: ${part} has no JSON form`);
  });

  test("refuses a value that contains itself", () => {
    const value: { self?: unknown } = {};
    value.self = value;
    expect(() => jsonLinesEncoder().encode(value)).toThrow(expect.objectContaining({ code: "SINK_RECORD" }));
  });
});

describe("csvEncoder", () => {
  test("what it writes is read back by csv-parse", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", "\r", " ", "\uFEFF"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.record({ a: field, 'b "x"': field }), { minLength: 1, maxLength: 10 }), (rows) => {
        const encoder = csvEncoder<Record<string, string>>(undefined, null);
        const body = rows.map((row) => encoder.encode(row)).join("");
        expect(parse(encoder.header() + body, { columns: true, record_delimiter: "\n" })).toEqual(rows);
      }),
    );
  });

  test("one empty column is no blank line", () => {
    expect(csvEncoder(undefined, null).encode({ a: "" })).toBe('""\n');
  });

  test("values other than strings have one form each", () => {
    const encoder = csvEncoder(undefined, null);
    expect(encoder.encode({ a: 1.5, b: true, c: 2n, d: null, e: undefined, f: new Date(0), g: { h: [1] } })).toBe(
      '1.5,true,2,,,1970-01-01T00:00:00.000Z,"{""h"":[1]}"\n',
    );
    expect(() => encoder.encode({ a: new Map() })).toThrow("has no CSV form");
    expect(() => encoder.encode({ a: new Date(Number.NaN) })).toThrow(
      expect.objectContaining({ code: "SINK_RECORD", message: expect.stringContaining("an invalid Date has no CSV form") }),
    );
  });

  test("a field beyond the first record's columns is refused, and left out when the columns are given", () => {
    const found = csvEncoder<Record<string, number>>(undefined, null);
    found.encode({ a: 1 });
    expect(() => found.encode({ a: 1, b: 2 })).toThrow('a record has the field "b"');
    expect(csvEncoder<Record<string, number>>(["b"], null).encode({ a: 1, b: 2 })).toBe("2\n");
  });

  test("fields may have the names of what all objects have; those that a record lacks are empty", () => {
    const columns = ["constructor", "toString", "__proto__", "sum"];
    const encoder = csvEncoder<object>(columns, null);
    expect(encoder.encode({ a: 1 })).toBe(",,,\n");
    expect(encoder.encode(JSON.parse('{"constructor":"Red Bull","toString":5,"__proto__":"p","sum":1}'))).toBe("Red Bull,5,p,1\n");
    const found = csvEncoder<object>(undefined, null);
    expect(found.encode(JSON.parse('{"__proto__":"p","toString":5}'))).toBe("p,5\n");
    expect(found.header()).toBe("__proto__,toString\n");
    class Sum {
      get sum(): number {
        return 7;
      }
    }
    expect(encoder.encode(new Sum())).toBe(",,,7\n");
  });

  test.each([[null], [[1]], ["text"]])("%o is no row", (value) => {
    expect(() => csvEncoder(undefined, null).encode(value)).toThrow(expect.objectContaining({ code: "SINK_RECORD" }));
  });
});
