import { describe, expect, test } from "vitest";
import { files } from "../files/source/files.ts";
import { stdin } from "../stdin/stdin.ts";
import { csv } from "./csv/csv.ts";
import type { Format } from "./format.ts";
import { lines } from "./lines.ts";

// What types refuse, and plain JavaScript does not.

const sources = {
  files: (format: unknown, options: object = {}) => files("in.csv", format as Format<unknown>, options),
  stdin: (format: unknown, options: object = {}) => stdin(format as Format<unknown>, options),
};

describe.each(Object.entries(sources))("%s", (name, source) => {
  test("a bad record is neither left out nor lost because onError was misspelt", () => {
    for (const onError of ["throw", "Skip", true, null, {}, () => {}]) {
      expect(() => source(lines(), { onError }), String(onError)).toThrow(expect.objectContaining({ code: "PLAN_OPTION" }));
    }
    expect(() => source(lines(), { onError: "throw" })).toThrow(
      `onError of ${name}, where it is no side output, must be "fail" or "skip", not "throw"`,
    );
    for (const onError of ["fail", "skip", { sideOutput: "bad" }, { name: "bad" }]) expect(() => source(lines(), { onError })).not.toThrow();
  });

  test("an encoding that there is not is refused", () => {
    for (const encoding of ["utf-8", "utf16le"]) {
      expect(() => source(lines(), { encoding })).toThrow(expect.objectContaining({ code: "PLAN_OPTION" }));
    }
  });

  test("a format that was not called, or not given, is refused where it stands", () => {
    expect(() => source(csv)).toThrow(expect.objectContaining({ code: "SOURCE_OPTIONS", hint: "call it: csv(), jsonLines() or lines()" }));
    expect(() => source(undefined)).toThrow(`${name}: a format is needed, not undefined`);
    expect(() => source("csv")).toThrow(`${name}: a format is needed, not a value of type string`);
  });

  test("no record is longer than nothing", () => {
    for (const maxLineBytes of [0, Number.NaN]) {
      expect(() => source(lines(), { maxLineBytes })).toThrow(expect.objectContaining({ code: "SOURCE_OPTIONS" }));
    }
  });
});

test("a CSV column of a type that there is not is refused, not read as text", () => {
  for (const options of [{ columns: { delay: "int" } }, { types: { delay: "float" } }, { columns: { delay: "toString" } }]) {
    expect(() => csv(options as object), JSON.stringify(options)).toThrow(expect.objectContaining({ code: "PLAN_OPTION" }));
  }
  expect(() => csv({ columns: { delay: "int" } } as object)).toThrow('csv: the type of the column "delay" must be "string", "string?", "number"');
});
