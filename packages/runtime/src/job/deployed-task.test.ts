import { newOperatorMetrics } from "@millrace/contracts";
import { WATERMARK_MAX } from "@millrace/core";
import { expect, it } from "vitest";
import { type DeployedTask, statusOf } from "./deployed-task.ts";

it("a subtask that has ended holds its node's watermark back no more, wherever it was", () => {
  const watermarkIn = (hasEnded: boolean, reached: number | undefined): number | undefined => {
    const task = { hasEnded, times: { busyMs: 0, backPressuredMs: 0, elapsedMs: 0 } };
    const metrics = new Map([[0, newOperatorMetrics()]]);
    const deployed = { id: "0/0", task, physical: { id: 0, head: 0 }, subtask: 0, source: undefined, metrics, watermarkOf: () => reached };
    return statusOf(deployed as unknown as DeployedTask).nodes[0]?.watermark;
  };
  expect([watermarkIn(false, 500), watermarkIn(true, 500), watermarkIn(true, undefined)]).toEqual([500, WATERMARK_MAX, undefined]);
});
