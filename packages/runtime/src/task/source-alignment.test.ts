import { type Scheduler, WATERMARK_MAX } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { SourceAlignment } from "./source-alignment.ts";

function aligned(): { alignment: SourceAlignment; reports: number[]; tick: () => void } {
  const reports: number[] = [];
  let due: (() => void) | undefined;
  const scheduler = {
    after: (_ms: number, callback: () => void) => {
      due = callback;
      return () => (due = undefined);
    },
  } as unknown as Scheduler;
  const alignment = new SourceAlignment({
    alignment: { group: "g", maxDriftMs: 100, updateIntervalMs: 1_000 },
    scheduler,
    report: (watermark) => reports.push(watermark),
  });
  const tick = (): void => {
    const callback = due;
    due = undefined;
    callback?.();
  };
  return { alignment, reports, tick };
}

describe("a source's part in its alignment group", () => {
  it("goes no further than the drift beyond its own first watermark before it has heard of the group", () => {
    const { alignment } = aligned();
    alignment.moved(1_000);
    alignment.moved(1_090);
    expect(alignment.isAhead(1_100)).toBe(false);
    expect(alignment.isAhead(1_101)).toBe(true);
    alignment.allow(2_000);
    expect(alignment.isAhead(2_000)).toBe(false);
    expect(alignment.isAhead(2_001)).toBe(true);
  });

  it("says where it is at once the first time, then once an interval, and only when it has moved", () => {
    const { alignment, reports, tick } = aligned();
    alignment.moved(10);
    alignment.moved(20);
    alignment.moved(30);
    expect(reports).toEqual([10]);
    tick();
    expect(reports).toEqual([10, 30]);
    tick();
    expect(reports).toEqual([10, 30]);
    alignment.moved(WATERMARK_MAX);
    expect(reports).toEqual([10, 30, WATERMARK_MAX]);
  });
});
