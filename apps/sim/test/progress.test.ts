import { limits, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { describe, expect, it } from "vitest";
import type { Reading } from "../src/jobs/reading.ts";
import { dueAfterReadings, dueAt } from "../src/progress/due.ts";
import { ReaderFrontier } from "../src/progress/frontier.ts";

const readings = Array.from({ length: 200 }, (_, index): Reading => ({ sensor: "s0", at: index * 20, value: 1 }));
const every = limits.watermarkEveryRecords;
const timeOf = (count: number): number => (count - 1) * 20 - 1;

function read(frontier: ReaderFrontier, id: string, count: number): void {
  for (let i = 0; i < count; i++) frontier.collected(id);
}

describe("how far event time must have come behind a reader", () => {
  it("follows a split after so many records, and all of them when it is quiet", () => {
    const frontier = new ReaderFrontier(0);
    frontier.add("a", readings, 0);
    read(frontier, "a", every - 1);
    expect(frontier.watermark(false)).toBe(WATERMARK_MIN);
    expect(frontier.watermark(true)).toBe(timeOf(every - 1));
    read(frontier, "a", 3);
    expect(frontier.watermark(false)).toBe(timeOf(every));
    expect(frontier.watermark(true)).toBe(timeOf(every + 2));
  });

  it("goes on where a restored split was", () => {
    const frontier = new ReaderFrontier(0);
    frontier.add("a", readings, every + 10);
    expect(frontier.watermark(false)).toBe(timeOf(every));
  });

  it("is the least of its splits, and never falls", () => {
    const frontier = new ReaderFrontier(0);
    frontier.add("a", readings, 0);
    read(frontier, "a", every);
    frontier.add("b", readings, 0);
    read(frontier, "a", every);
    expect(frontier.watermark(true)).toBe(timeOf(every));
    frontier.finished("b");
    expect(frontier.watermark(false)).toBe(timeOf(2 * every));
  });

  it("holds nobody back when there is nothing to read", () => {
    const frontier = new ReaderFrontier(0);
    frontier.add("a", readings, 0);
    read(frontier, "a", 5);
    frontier.finished("a");
    expect(frontier.watermark(false)).toBe(WATERMARK_MAX);
  });
});

describe("when a line is due", () => {
  it("stands in it", () => {
    expect(dueAt(3, -1)("tumbling s1 500 1000 77")).toBe(999);
    expect(dueAt(-2)("union again hs1 -40 12")).toBe(-40);
    expect(dueAfterReadings(110)("intervalJoin s1 -20 4 s1 60 12")).toBe(170);
  });
});
