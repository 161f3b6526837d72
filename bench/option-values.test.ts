import { expect, test } from "vitest";
import { oneOf, positive, someOf, whole, wholes } from "./option-values.ts";

test("what an option can be is read", () => {
  expect(whole("--rounds", "3")).toBe(3);
  expect(whole("--work", "0", 0)).toBe(0);
  expect(wholes("--keys", "10,200")).toEqual([10, 200]);
  expect(positive("--seconds", "0.5")).toBe(0.5);
  expect(oneOf("--backend", "heap", ["disk", "heap"])).toBe("heap");
  expect(someOf("--peer", "flink,hand", ["hand", "flink"])).toEqual(["flink", "hand"]);
});

test.for(["x", "0", "-1", "1.5", "", " ", "NaN", "Infinity", "1e300", "3 4"])('"%s" is no count', (text) => {
  expect(() => whole("--rounds", text)).toThrow("--rounds takes a whole number from 1, not ");
});

test.for(["x", "0", "-1", "", "Infinity"])('"%s" is no number above 0', (text) => {
  expect(() => positive("--seconds", text)).toThrow("--seconds takes a number above 0, not ");
});

test("a refusal has the option, what it takes and what was given", () => {
  expect(() => whole("--parallelism", "9", 1, 8)).toThrow("--parallelism takes a whole number from 1 to 8, not 9");
  expect(() => wholes("--work", "0,", 0)).toThrow("--work takes a whole number from 0, not nothing");
  expect(() => someOf("--peer", "hand,foo", ["hand", "flink"])).toThrow("--peer takes hand, flink, not foo");
});
