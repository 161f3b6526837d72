import type { SubtaskSnapshot } from "@millrace/contracts";
import { WATERMARK_MIN } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { restoredNode } from "./restored-state.ts";

const keyGroups = { start: 0, end: 719 };

/** Event time of the only subtask that is left of these. */
function watermarkOf(...subtasks: readonly Omit<SubtaskSnapshot, "subtask">[]): number {
  const olds = subtasks.map((old, subtask) => ({ ...old, subtask }));
  return restoredNode("checkpoint", { uid: "in", subtasks: olds }, 0, 1, keyGroups).watermark;
}

describe("event time of a node at another parallelism", () => {
  it("begins where the subtask stood that was furthest behind", () => {
    expect(watermarkOf({ watermark: 700 }, { watermark: 300 }, { watermark: 900 })).toBe(300);
    expect(watermarkOf({ watermark: 700 }, { watermark: "min" })).toBe(WATERMARK_MIN);
  });

  it("is not held back by one that had ended, maybe without having read anything", () => {
    expect(watermarkOf({ watermark: "min", finished: true }, { watermark: 300 })).toBe(300);
  });

  it("is that of the least when all had ended", () => {
    expect(watermarkOf({ watermark: "min", finished: true }, { watermark: 300, finished: true })).toBe(WATERMARK_MIN);
  });
});
