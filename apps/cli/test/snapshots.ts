import type { JobStatus, OperatorStatus } from "@millrace/host";
import type { LiveSnapshot } from "../src/live/snapshot.ts";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

export function operator(uid: string, more: Partial<OperatorStatus> = {}): OperatorStatus {
  return {
    uid,
    name: uid,
    kind: "map",
    subtasks: 1,
    recordsIn: 0,
    recordsOut: 0,
    lateDropped: 0,
    lateSide: 0,
    watermark: undefined,
    busyMs: 0,
    backPressuredMs: 0,
    idleMs: 0,
    ...more,
  };
}

export function status(more: Partial<JobStatus> = {}): JobStatus {
  return {
    state: "running",
    name: "airport-delays",
    runId: "4f21c09a",
    startedAtMs: nowMs - 72_000,
    nowMs,
    parallelism: 2,
    restarts: 0,
    operators: [
      operator("flights", { kind: "source", recordsOut: 1_204_331, watermark: nowMs - 1_072_000 }),
      operator("mean-delay", {
        kind: "window",
        recordsIn: 1_204_000,
        recordsOut: 5_331,
        watermark: Number.NEGATIVE_INFINITY,
        lateDropped: 12,
        lateSide: 3,
      }),
      operator("delays-out", { kind: "sink", recordsIn: 5_331, watermark: Number.POSITIVE_INFINITY }),
    ],
    checkpoint: { lastId: 42, lastCompletedAtMs: nowMs - 3_000, lastDurationMs: 85, lastBytes: 1_234_567, failures: 0 },
    ...more,
  };
}

export function snapshot(more: Partial<LiveSnapshot> = {}): LiveSnapshot {
  return {
    status: status(),
    rates: new Map([
      ["flights", { inPerSecond: 0, outPerSecond: 52_100, busyShare: 0.62, backPressuredShare: 0.3 }],
      ["mean-delay", { inPerSecond: 52_000, outPerSecond: 3.2, busyShare: 0.97, backPressuredShare: 0 }],
    ]),
    resumedFrom: undefined,
    notices: [],
    footer: "Ctrl-C: take a checkpoint and stop",
    ...more,
  };
}
