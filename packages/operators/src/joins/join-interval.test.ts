import { expect, it } from "vitest";
import { joinInterval } from "./join-interval.ts";

it("an interval has its bounds in order, as Flink's, and may be empty without its ends", () => {
  expect(joinInterval(-2, 5)).toEqual({ lowerMs: -2, upperMs: 5 });
  expect(joinInterval(-2, 5, { lowerExclusive: true, upperExclusive: true })).toEqual({ lowerMs: -1, upperMs: 4 });
  expect(joinInterval(3, 3, { lowerExclusive: true, upperExclusive: true })).toEqual({ lowerMs: 4, upperMs: 2 });
  expect(joinInterval(-(2 ** 52), 2 ** 52)).toEqual({ lowerMs: -(2 ** 52), upperMs: 2 ** 52 });
  for (const [lower, upper] of [
    [-2, -5],
    [5, 3],
    [0.5, 2],
    [Number.NaN, 2],
    [-(2 ** 52) - 1, 0],
    [0, 2 ** 52 + 1],
    [0, Number.MAX_SAFE_INTEGER],
  ] as const) {
    expect(() => joinInterval(lower, upper)).toThrow(expect.objectContaining({ code: "JOIN_INTERVAL" }));
  }
});
