import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barText, bytesText, countText, durationText, percentText, rateText, timeText } from "./units.ts";

describe("numbers for people", () => {
  it("rates", () => {
    expect([0, 0.04, 7.46, 9.96, 640, 999.4, 999.6, 52_100, 99_960, 999_600, 1_234_567].map(rateText)).toEqual([
      "0",
      "0.0",
      "7.5",
      "10",
      "640",
      "999",
      "1.0k",
      "52.1k",
      "100k",
      "1.0M",
      "1.2M",
    ]);
  });

  it("counts", () => {
    expect([0, 999, 9_999, 10_000, 1_204_331].map(countText)).toEqual(["0", "999", "9,999", "10.0k", "1.2M"]);
  });

  it("bytes", () => {
    expect([0, 512, 2_048, 1_234_567, 5e9].map(bytesText)).toEqual(["0 B", "512 B", "2.0 KB", "1.2 MB", "5.0 GB"]);
  });

  it("durations", () => {
    expect([0, 85.4, 3_000, 72_000, 7_500_000, 200_000_000, 31_557_600_000 * 3, -3_000].map(durationText)).toEqual([
      "0 ms",
      "85 ms",
      "3 s",
      "1m 12s",
      "2h 05m",
      "2d 07h",
      "3 y",
      "-3 s",
    ]);
  });

  it("times, also those that no Date can say", () => {
    expect([0, 983_541_900_000, 9e15].map(timeText)).toEqual(["1970-01-01 00:00:00", "2001-03-02 14:05:00", "9000000000000000"]);
  });

  it("shares", () => {
    expect([0, 0.1, 0.5, 1, 2, -1].map((share) => `${barText(share)} ${percentText(share)}`)).toEqual([
      "░░░░░ 0%",
      "█░░░░ 10%",
      "███░░ 50%",
      "█████ 100%",
      "█████ 100%",
      "░░░░░ 0%",
    ]);
  });

  it("fit their columns", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e13, noNaN: true }), (value) => rateText(value).length <= 6 && countText(Math.round(value)).length <= 6),
    );
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => durationText(ms).length <= 7));
  });
});
