import { expect, test } from "vitest";
import { trendOf } from "./trend.ts";

const counts = [1, 10, 100, 1_000];

test.for([
  ["flat", (x: number) => 5 + x / 1_000],
  ["linear", (x: number) => 3 * x],
  ["logarithmic", (x: number) => 1 + Math.log(x)],
  ["unclear", (x: number) => (x === 100 ? 50 : 1)],
] as const)("a %s series is called so", ([name, series]) => {
  expect(trendOf(counts.map((x) => [x, series(x)]))).toBe(name);
});

test("two points, or none, say nothing", () => {
  expect(trendOf([])).toBe("unclear");
  expect(trendOf(counts.map((x) => [x, x < 100 ? x : Number.NaN]))).toBe("unclear");
});
