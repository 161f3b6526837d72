import { MillraceError, NO_TIMESTAMP } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Window } from "../spec.ts";
import { session, sliding, tumbling, type WindowAssigner } from "./index.ts";

const clock = { currentProcessingTime: () => 1_234 };
const assign = (assigner: WindowAssigner<unknown>, timestamp: number): readonly Window[] => assigner.assign("record", timestamp, clock);

describe("tumbling windows", () => {
  it("windows far in the past are aligned right", () => {
    expect(assign(tumbling(7), -1)).toEqual([{ start: -7, end: 0 }]);
    expect(assign(tumbling(7), -7)).toEqual([{ start: -7, end: 0 }]);
    expect(assign(tumbling(7), -8)).toEqual([{ start: -14, end: -7 }]);
    expect(assign(tumbling(86_400_000, { offset: -28_800_000 }), Date.parse("0001-01-01T00:00:00Z"))).toEqual([
      { start: Date.parse("0000-12-31T16:00:00Z"), end: Date.parse("0001-01-01T16:00:00Z") },
    ]);
  });

  it("holds the record, has the size, and starts at a multiple of the size from the offset", () => {
    const time = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 10 ** 9 }), fc.double({ min: -1, max: 1, noNaN: true }), (timestamp, size, part) => {
        const offset = Math.trunc(part * (size - 1)) + 0;
        const [window, ...others] = assign(tumbling(size, { offset }), timestamp);
        expect(others).toEqual([]);
        expect(window).toBeDefined();
        if (window === undefined) return;
        expect(window.start <= timestamp && timestamp < window.end && window.end - window.start === size).toBe(true);
        expect((BigInt(window.start) - BigInt(offset)) % BigInt(size)).toBe(0n);
        expect(Object.is(window.start, -0)).toBe(false);
      }),
    );
  });

  it("goes by the clock when asked to", () => {
    expect(assign(tumbling(100, { time: "processing", offset: 40 }), NO_TIMESTAMP)).toEqual([{ start: 1_140, end: 1_240 }]);
  });
});

describe("sliding windows", () => {
  it("are those that hold the record, latest first", () => {
    expect(assign(sliding(7, 5), 11)).toEqual([
      { start: 10, end: 17 },
      { start: 5, end: 12 },
    ]);
    expect(assign(sliding(7, 5), 13)).toEqual([{ start: 10, end: 17 }]);
    expect(assign(sliding(6, 3, { offset: -1 }), -4)).toEqual([
      { start: -4, end: 2 },
      { start: -7, end: -1 },
    ]);
  });

  it("leave gaps when the slide is longer than the size", () => {
    expect(assign(sliding(2, 5), 3)).toEqual([]);
    expect(assign(sliding(2, 5), -4)).toEqual([{ start: -5, end: -3 }]);
  });
});

describe("session windows", () => {
  it("last one gap from each record on", () => {
    expect(assign(session(30), -5)).toEqual([{ start: -5, end: 25 }]);
    expect(session((record: { pause: number }) => record.pause).assign({ pause: 8 }, 2, clock)).toEqual([{ start: 2, end: 10 }]);
    expect(assign(session(30, { time: "processing" }), NO_TIMESTAMP)).toEqual([{ start: 1_234, end: 1_264 }]);
  });

  it("refuse a gap function that gives no positive number", () => {
    for (const gap of [0, -1, Number.NaN, 1.5])
      expect(() =>
        assign(
          session(() => gap),
          1,
        ),
      ).toThrow(MillraceError);
  });
});

describe("what can't work is refused", () => {
  it.each([
    ["a size of 0", () => tumbling(0)],
    ["a negative size", () => sliding(-1, 5)],
    ["a slide of 0", () => sliding(5, 0)],
    ["a size that is no whole number", () => tumbling(1.5)],
    ["an offset as long as the size", () => tumbling(10, { offset: 10 })],
    ["a negative offset as long as the slide", () => sliding(20, 5, { offset: -5 })],
    ["a gap of 0", () => session(0)],
  ])("%s", (_name, build) => {
    expect(build).toThrow(expect.objectContaining({ code: "WINDOW_ASSIGNER" }));
  });

  it("a record without a timestamp, or from the end of time, in event-time windows", () => {
    for (const assigner of [tumbling(5), sliding(10, 5)]) {
      for (const timestamp of [NO_TIMESTAMP, Number.POSITIVE_INFINITY]) {
        expect(() => assign(assigner, timestamp)).toThrow(expect.objectContaining({ code: "WINDOW_TIMESTAMP" }));
      }
    }
  });
});
