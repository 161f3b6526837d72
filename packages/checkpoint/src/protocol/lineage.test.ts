import type { CheckpointManifest } from "@millrace/contracts";
import { describe, expect, test } from "vitest";
import { ancestryOf } from "./lineage.ts";

const manifest = (checkpointId: number, parentCheckpointId?: number, runId = "r1"): CheckpointManifest => ({
  formatVersion: 1,
  engineVersion: "0.1.0",
  kind: "checkpoint",
  jobName: "flights",
  runId,
  lockToken: `token of ${checkpointId}`,
  checkpointId,
  ...(parentCheckpointId === undefined ? {} : { parentCheckpointId }),
  triggeredAtMs: 1,
  completedAtMs: 2,
  parallelism: 1,
  maxParallelism: 720,
  planHash: "",
  plan: null,
  operators: [],
});
const idsBefore = (of: CheckpointManifest, others: readonly CheckpointManifest[]) => ancestryOf(of, others).map(({ checkpointId }) => checkpointId);

describe("ancestryOf", () => {
  test("follows the parents, past checkpoints that the run went back behind", () => {
    expect(idsBefore(manifest(9, 8), [manifest(8, 4), manifest(6, 5), manifest(5, 4), manifest(4)])).toEqual([8, 4]);
  });

  test("ends where a manifest is gone, and at another run's checkpoint", () => {
    expect(idsBefore(manifest(9, 8), [manifest(8, 7), manifest(6)])).toEqual([8]);
    expect(idsBefore(manifest(9, 8), [manifest(8, 7, "r0")])).toEqual([]);
  });

  test("carries the identity that the manifest has, not only its id", () => {
    expect(ancestryOf(manifest(9, 8), [manifest(8)])).toEqual([{ checkpointId: 8, runId: "r1", lockToken: "token of 8" }]);
  });
});
