import { describe, expect, test } from "vitest";
import { days, hours, milliseconds, seconds, wholeMilliseconds } from "./time.ts";

describe("durations", () => {
  test("of fractions of a unit are whole milliseconds where they are so on paper", () => {
    expect([hours(1.1), seconds(0.007), seconds(1.001), days(365.1), days(0.7)]).toEqual([3_960_000, 7, 1_001, 31_544_640_000, 60_480_000]);
    const tenths = Array.from({ length: 100_000 }, (_, index) => index + 1);
    expect(tenths.filter((n) => wholeMilliseconds(n / 10, 86_400_000) !== n * 8_640_000)).toEqual([]);
  });

  test("are refused when they are not", () => {
    for (const refused of [() => milliseconds(1.5), () => seconds(0.0001), () => hours(Number.NaN), () => days(2 ** 40)]) {
      expect(refused).toThrow(expect.objectContaining({ code: "TIME_DURATION" }));
    }
    expect(wholeMilliseconds(3_600_000.0001, 1)).toBeUndefined();
  });
});
