import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csv } from "./csv/csv.ts";
import type { Format } from "./format.ts";
import { jsonLines } from "./json-lines.ts";
import { lines } from "./lines.ts";
import { type BadBytes, RecordStream, type StreamPosition, streamStart } from "./record-stream.ts";

interface Read {
  readonly values: unknown[];
  readonly lines: number[];
  readonly bad: BadBytes[];
  /** After each value. */
  readonly positions: StreamPosition[];
}

/** Reads `bytes` cut at `cuts`, from a position on. */
function read<T>(bytes: Buffer, format: Format<T>, cuts: readonly number[] = [], position = streamStart, maxLineBytes = 1 << 20): Read {
  const chunks = cut(bytes.subarray(position.offset), cuts);
  const result: Read = { values: [], lines: [], bad: [], positions: [] };
  const stream = new RecordStream({
    decoder: format.createDecoder("utf8"),
    encoding: "utf8",
    maxLineBytes,
    position,
    skipFirstLine: false,
    pull: () => chunks.shift(),
    exhausted: () => chunks.length === 0,
    bad: (bad) => result.bad.push(bad),
    explain: (error) => error,
  });
  const output = {
    collect: (value: T) => {
      result.values.push(value);
      result.lines.push(stream.lastLine);
      result.positions.push(stream.position);
    },
    stop: false,
  };
  while (stream.deliver(output, 3) !== "done");
  return result;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const borders = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...borders].map((start, index) => Buffer.from(bytes.subarray(start, borders[index] ?? bytes.length)));
}

const cutsArbitrary = fc.array(fc.nat(10_000), { maxLength: 12 });
const textArbitrary = fc.string({ unit: fc.constantFrom("a", "é", "日", "😀", '"', ",", "\n", "\r\n", "\r", " ", "1", "{"), maxLength: 60 });

describe("lines", () => {
  test.each([
    ["", []],
    ["\n", [""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\n\nb", ["a", "", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["\uFEFFa\nb", ["a", "b"]],
    ["\uFEFF", []],
    ["a\rb\n", ["a\rb"]],
  ])("%j is %j", (text, expected) => {
    expect(read(Buffer.from(text), lines()).values).toEqual(expected);
  });

  test("they are those of String.split, wherever the chunks are cut", () => {
    fc.assert(
      fc.property(textArbitrary, cutsArbitrary, (text, cuts) => {
        const expected = text.split("\n").map((line, index, all) => (index < all.length - 1 || line.endsWith("\r") ? line.replace(/\r$/, "") : line));
        if (expected.at(-1) === "" && !text.endsWith("\r")) expected.pop();
        expect(read(Buffer.from(text), lines(), cuts).values).toEqual(expected);
      }),
    );
  });

  test("bytes that are not UTF-8 make a bad record, and its neighbours are read", () => {
    const { values, bad } = read(Buffer.from([97, 10, 0xe9, 98, 10, 99, 10]), lines());
    expect(values).toEqual(["a", "c"]);
    expect(bad).toMatchObject([{ line: 2, offset: 2, message: "not UTF-8" }]);
  });

  test("a line over the limit fails, and one at the limit does not", () => {
    expect(read(Buffer.from(`${"x".repeat(10)}\ny`), lines(), [3, 6], streamStart, 10).values).toEqual(["x".repeat(10), "y"]);
    expect(() => read(Buffer.from(`${"x".repeat(30)}`), lines(), [12, 20], streamStart, 10)).toThrow("the line 1 is longer than 10 bytes");
  });
});

describe("every format", () => {
  for (const format of [lines(), jsonLines(), csv(), csv({ header: false, columns: { a: "string", b: "number?" } })] as readonly Format<unknown>[]) {
    test(`${format.name} reads the same wherever chunks are cut, and goes on exactly at every position`, () => {
      fc.assert(
        fc.property(textArbitrary, cutsArbitrary, (text, cuts) => {
          const bytes = Buffer.from(format.name === "csv" ? `a,b\n${text}` : text);
          const whole = attempt(() => read(bytes, format));
          expect(attempt(() => read(bytes, format, cuts))).toEqual(whole);
          if (typeof whole === "string") return;
          whole.positions.forEach((position, index) => {
            const rest = read(bytes, format, cuts, JSON.parse(JSON.stringify(position)) as StreamPosition);
            expect(rest.values).toEqual(whole.values.slice(index + 1));
            expect(rest.lines).toEqual(whole.lines.slice(index + 1));
          });
        }),
        { numRuns: 300 },
      );
    });
  }
});

function attempt(run: () => Read): Read | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

describe("jsonLines", () => {
  test("blank lines are skipped and bad ones named with line and column", () => {
    const { values, bad, lines: at } = read(Buffer.from('{"a":1}\n\n  \n{"a":1,}\n[2]'), jsonLines());
    expect(values).toEqual([{ a: 1 }, [2]]);
    expect(at).toEqual([1, 5]);
    expect(bad).toMatchObject([{ line: 4, column: 8, text: '{"a":1,}' }]);
  });

  test("a schema checks and converts, and its issues are named by path", () => {
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          typeof (value as { n: unknown }).n === "number"
            ? { value: (value as { n: number }).n }
            : { issues: [{ message: "a number is needed", path: ["n"] }] },
      },
    };
    const { values, bad } = read(Buffer.from('{"n":1}\n{"n":"x"}\n'), jsonLines({ parse: schema }));
    expect(values).toEqual([1]);
    expect(bad.map(({ message }) => message)).toEqual(["n: a number is needed"]);
  });

  test("what a parse function throws makes a bad record", () => {
    const parse = (value: unknown): string => {
      if (value === 2) throw new Error("not two");
      return String(value);
    };
    const { values, bad } = read(Buffer.from("1\n2\n3"), jsonLines({ parse }));
    expect(values).toEqual(["1", "3"]);
    expect(bad).toMatchObject([{ line: 2, message: "not two" }]);
  });
});
