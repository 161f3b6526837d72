import type { OperatorStatus, SubtaskShare } from "@millrace/host";
import { expect, it } from "vitest";
import { skewOf } from "./skew.ts";

function operator(kind: OperatorStatus["kind"], records: readonly number[]): OperatorStatus {
  const bySubtask = records.map(
    (count, subtask): SubtaskShare => ({
      subtask,
      recordsIn: kind === "source" ? 0 : count,
      recordsOut: kind === "source" ? count : 0,
      busyMs: 0,
      backPressuredMs: 0,
      idleMs: 0,
    }),
  );
  const counts = { recordsIn: 0, recordsOut: 0, lateDropped: 0, lateSide: 0, busyMs: 0, backPressuredMs: 0, idleMs: 0 };
  return { uid: "a", name: "a", kind, subtasks: records.length, watermark: undefined, ...counts, ...(records.length > 1 && { bySubtask }) };
}

it("skew is the greatest share of the records, as a multiple of the mean", () => {
  expect(skewOf(operator("map", [10, 10]))).toBe(1);
  expect(skewOf(operator("source", [30, 0, 0]))).toBe(3);
  expect(skewOf(operator("map", [7]))).toBeUndefined();
  expect(skewOf(operator("map", [0, 0]))).toBeUndefined();
});
