import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { BadRecord, type Format } from "../format.ts";
import { type BadBytes, RecordStream, streamStart } from "../record-stream.ts";
import { converterOf } from "./columns.ts";
import { csv } from "./csv.ts";

function read<T>(text: string | Buffer, format: Format<T>): { values: T[]; bad: BadBytes[] } {
  const chunks = [typeof text === "string" ? Buffer.from(text) : text];
  const result: { values: T[]; bad: BadBytes[] } = { values: [], bad: [] };
  const stream = new RecordStream({
    decoder: format.createDecoder("utf8"),
    encoding: "utf8",
    maxLineBytes: 1000,
    position: streamStart,
    skipFirstLine: false,
    pull: () => chunks.shift(),
    exhausted: () => chunks.length === 0,
    bad: (bad) => result.bad.push(bad),
    explain: (error) => error,
  });
  while (stream.deliver({ collect: (value) => result.values.push(value), stop: false }, 100) !== "done");
  return result;
}

describe("csv", () => {
  test("without options a record has all columns as strings", () => {
    const { values } = read('origin,delay\nSFO,5\r\n"New York, ""JFK""",\n', csv());
    expect(values).toEqual([
      { origin: "SFO", delay: "5" },
      { origin: 'New York, "JFK"', delay: "" },
    ]);
    expectTypeOf(values).toEqualTypeOf<Record<string, string>[]>();
  });

  test("declared columns make the record and its type, in their own order", () => {
    const { values } = read(
      "delay,x,origin,at\n5,,SFO,2024-01-01 00:00:01\n,,JFK,7\n",
      csv({ columns: { origin: "string", delay: "number?", at: "timestamp" } }),
    );
    expectTypeOf(values).toEqualTypeOf<{ origin: string; delay: number | undefined; at: number }[]>();
    expect(values).toEqual([
      { origin: "SFO", delay: 5, at: 1_704_067_201_000 },
      { origin: "JFK", delay: undefined, at: 7 },
    ]);
  });

  test("types convert some columns of a given record type", () => {
    interface Flight {
      origin: string;
      delay: number;
    }
    const { values } = read("origin,delay\nSFO,5\n", csv<Flight>({ types: { delay: "number" } }));
    expectTypeOf(values).toEqualTypeOf<Flight[]>();
    expect(values).toEqual([{ origin: "SFO", delay: 5 }]);
  });

  test("parse makes the record, and its result is the type", () => {
    const { values } = read("a\n1\n2\n", csv({ parse: (row) => ({ twice: 2 * Number(row.a) }) }));
    expectTypeOf(values).toEqualTypeOf<{ twice: number }[]>();
    expect(values).toEqual([{ twice: 2 }, { twice: 4 }]);
  });

  test("quoted line feeds belong to the record, and lines are counted through them", () => {
    const { values, bad } = read('a,b\n"x\ny",1\nz\n', csv());
    expect(values).toEqual([{ a: "x\ny", b: "1" }]);
    expect(bad).toMatchObject([{ line: 4, message: "the record has 1 of 2 fields", text: "z" }]);
  });

  test("a quote in the wrong place costs one line", () => {
    const { values, bad } = read('a,b\n5" pipe,1\nx,2\n"y"z,3\nw,4\n', csv());
    expect(values).toEqual([
      { a: "x", b: "2" },
      { a: "w", b: "4" },
    ]);
    expect(bad.map(({ line }) => line)).toEqual([2, 4]);
  });

  test("a quote that never closes costs one line, not the rest of the file", () => {
    const { values, bad } = read('a,b\n"x,1\ny,2\nz,3\n', csv());
    expect(values).toEqual([
      { a: "y", b: "2" },
      { a: "z", b: "3" },
    ]);
    expect(bad).toMatchObject([{ line: 2, text: '"x,1' }]);
  });

  test("a quote that does not close within the limit costs one line too", () => {
    const rest = Array.from({ length: 200 }, (_, index) => `row ${index},x`).join("\n");
    const { values, bad } = read(`a,b\n"x,1\n${rest}\n`, csv());
    expect(values.length).toBe(200);
    expect(bad.length).toBe(1);
  });

  test.each([
    ["number", "1e3", 1000],
    ["number", " 7 ", 7],
    ["number", "", undefined],
    ["number", "0x10", undefined],
    ["number", "Infinity", undefined],
    ["number", "1e999", undefined],
    ["number", "-1e999", undefined],
    ["number", "1e-999", 0],
    ["integer", "12", 12],
    ["integer", "1.5", undefined],
    ["integer", "9007199254740991", 9_007_199_254_740_991],
    ["integer", "9007199254740992", undefined],
    ["integer", "9007199254740990.6", undefined],
    ["integer", "4503599627370497.00000000001", undefined],
    ["integer", "0.99999999999999999999", undefined],
    ["integer", "-5.00", -5],
    ["integer", "1.5e1", 15],
    ["integer", "150e-1", 15],
    ["integer", "1.5e-1", undefined],
    ["integer", "1e-999", undefined],
    ["integer", "0e-999", 0],
    ["integer", ".0", 0],
    ["boolean", "TRUE", true],
    ["boolean", "yes", undefined],
    ["timestamp", "2024-01-01", 1_704_067_200_000],
    ["timestamp", "2024-01-01T01:00:00+01:00", 1_704_067_200_000],
    ["timestamp", "2024-13-01", undefined],
    ["timestamp", "2023-02-31", undefined],
    ["timestamp", "2023-02-29 12:00:00", undefined],
    ["timestamp", "2023-04-31T00:00:00.5+01:00", undefined],
    ["timestamp", "2023-01-32", undefined],
    ["timestamp", "2024-02-29", 1_709_164_800_000],
    ["timestamp", "2023-12-31 23:59:59", 1_704_067_199_000],
    ["timestamp", "1 January 2024", undefined],
  ] as const)("as %s, %j is %j", (type, text, expected) => {
    const { values, bad } = read(`a,b\n"${text}",\n`, csv({ columns: { a: type } }));
    expect(values.map(({ a }) => a)).toEqual(expected === undefined ? [] : [expected]);
    if (expected === undefined) expect(bad[0]).toMatchObject({ column: 1, line: 2 });
  });

  test("an integer is taken if its digits are exactly those of one, however it is written", () => {
    const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom("0", "0", "9", "7"), maxLength });
    const convert = converterOf("integer");
    fc.assert(
      fc.property(fc.constantFrom("", "-", "+"), digits(18), digits(12), fc.integer({ min: -20, max: 20 }), (sign, whole, fraction, exponent) => {
        fc.pre(whole !== "" || fraction !== "");
        const text = `${sign}${whole}.${fraction}e${exponent}`;
        const places = fraction.length - exponent;
        const scaled = BigInt(`${whole}${fraction}`) * 10n ** BigInt(Math.max(0, -places));
        const unit = 10n ** BigInt(Math.max(0, places));
        if (scaled % unit !== 0n || scaled / unit > Number.MAX_SAFE_INTEGER) expect(() => convert?.(text)).toThrow(BadRecord);
        else expect(convert?.(text)).toBe(Number(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a missing or doubled column fails the job and says which the file has", () => {
    expect(() => read("a,b\n", csv({ columns: { c: "string" } }))).toThrow('the header has no column "c"; it has "a", "b"');
    expect(() => read("a,a\n", csv())).toThrow('names the column "a" twice');
  });

  test.each([
    ["not UTF-8", Buffer.from("gr\xf6\xdfe,n\n1,2\n", "latin1")],
    ["a quote in the wrong place", Buffer.from('a,"b"c\n1,2\n')],
    ["longer than the limit", Buffer.from(`"${"x".repeat(30)}\n${"x".repeat(5_000)}\n`)],
  ])("a header that can't be read (%s) fails the job, and the first row does not take its place", (_, content) => {
    expect(() => read(content, csv())).toThrow(expect.objectContaining({ code: "SOURCE_HEADER" }));
  });

  test("columns may have the names of what all objects have", () => {
    const text = "driver,constructor,toString,__proto__,hasOwnProperty\nVerstappen,Red Bull,5,p,h\n";
    const row = JSON.parse('{"driver":"Verstappen","constructor":"Red Bull","toString":"5","__proto__":"p","hasOwnProperty":"h"}');
    const entries = (values: readonly object[]) => values.map((value) => Object.entries(value));
    expect(entries(read(text, csv()).values)).toEqual([Object.entries(row)]);
    const columns = { constructor: "string", toString: "number", ["__proto__"]: "string?" } as const;
    const chosen = [
      ["constructor", "Red Bull"],
      ["toString", 5],
      ["__proto__", "p"],
    ];
    expect(entries(read(text, csv({ columns })).values)).toEqual([chosen]);
    expect(read(text, csv({ parse: (given) => given.constructor as unknown as string })).values).toEqual(["Red Bull"]);
    expect(() => read("a,b\n", csv({ columns: { constructor: "string" } }))).toThrow('the header has no column "constructor"');
  });

  test("a delimiter of more than one character and columns unknown without header are refused", () => {
    expect(() => csv({ delimiter: "||" })).toThrow("one ASCII character");
    expect(() => csv({ header: false })).toThrow("the columns must be given");
  });

  test("what csv-stringify writes is read back, as csv-parse reads it", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", ";", "\n", "\r\n", " ", "\t"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field, field), { maxLength: 20 }), fc.constantFrom(",", ";", "\t"), (rows, delimiter) => {
        const text = stringify([["a", "b", "c"], ...rows], { delimiter });
        const expected: unknown = parse(text, { columns: true, delimiter, skip_empty_lines: true, record_delimiter: ["\r\n", "\n"] });
        expect(read(text, csv({ delimiter })).values).toEqual(expected);
      }),
    );
  });
});
