import { expect, test } from "vitest";
import { errorChain, MillraceError } from "./errors.ts";

test("the chain of an error goes as deep as it has causes that are errors", () => {
  const innermost = new Error("innermost", { cause: "no error" });
  const inner = new MillraceError("INNER", "inner", { cause: innermost });
  const outer = new Error("outer", { cause: inner });
  expect(errorChain(outer)).toEqual([outer, inner, innermost]);
  expect(errorChain("no error")).toEqual([]);
});

test("errors that cause each other come once", () => {
  const [one, other] = [new Error("one"), new Error("other")];
  one.cause = other;
  other.cause = one;
  expect(errorChain(one)).toEqual([one, other]);
});
