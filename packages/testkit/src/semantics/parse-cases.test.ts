import { describe, expect, it } from "vitest";
import { parseCases } from "./parse-cases.ts";

const good = { id: "valve-1", kind: "valve", spec: {}, input: [{ wm: 1 }], output: [{ wm: 1, at: 0 }], end: {} };
const lineOf = (more: object): string => JSON.stringify({ ...good, ...more });

describe("a file of cases", () => {
  it("is one case a line, with empty lines between them", () => {
    expect(parseCases(`${lineOf({})}\n\n${lineOf({ end: undefined })}\r\n`)).toMatchObject([good, { id: "valve-1" }]);
    expect(parseCases(" \n")).toEqual([]);
  });

  it.each([
    ["not", "f:3: no JSON: Unexpected token 'o', \"not\" is not valid JSON"],
    [lineOf({}).slice(0, -3), "f:3: no JSON: "],
    [`\uFEFF${lineOf({})}`, "f:3: no JSON: it begins with a byte order mark"],
    ["null", "f:3: no case, which is an object"],
    ["42", "f:3: no case, which is an object"],
    ["[]", "f:3: no case, which is an object"],
    ["{}", "f:3: no case: id is missing"],
    [lineOf({ kind: 1 }), "f:3: no case: kind is missing"],
    [lineOf({ spec: undefined }), "f:3: no case: spec is missing"],
    [lineOf({ input: {} }), "f:3: no case: input is missing"],
    [lineOf({ output: [null] }), "f:3: no case: output is missing"],
    [lineOf({ end: 1 }), "f:3: no case: end is missing"],
    [lineOf({ kind: "windw" }), "f:3: there is no kind windw; there are async, "],
    [lineOf({ kind: "toString" }), "f:3: there is no kind toString"],
  ])("is refused with the line %s", (line, message) => {
    expect(() => parseCases(`${lineOf({})}\n\n${line}\n`, "f")).toThrow(message);
  });
});
