import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { expect, it } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import type { RunSettings } from "../settings.ts";
import { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import { HeldCheckpoints } from "./held-checkpoints.ts";

/** A job of one task, which acknowledges at once. */
function coordinatorOf(): CheckpointCoordinator {
  let id = 0;
  const manifests = new Map<number, CheckpointManifest>();
  const storage = {
    writeManifest: async (manifest: CheckpointManifest) => void manifests.set(manifest.checkpointId, manifest),
    list: async () => [...manifests.keys()],
    readManifest: async (checkpointId: number) => manifests.get(checkpointId),
    removeManifest: async (checkpointId: number) => void manifests.delete(checkpointId),
    collectGarbage: async () => [],
  } as unknown as CheckpointStorage;
  const settings = {
    graph: { plan: { jobName: "long", nodes: [] } },
    ports: nodePorts,
    ancestorRunIds: [],
    nextCheckpointId: async () => ++id,
    verifyOwnership: async () => undefined,
    checkpoints: { intervalMs: undefined, minPauseMs: 0, timeoutMs: 60_000, tolerableFailures: 0, alignmentTimeoutMs: undefined, retained: 1 },
  } as unknown as RunSettings;
  const deployment = {
    subtasks: [{ id: "0/0", task: 0, subtask: 0 }],
    localMarkers: [],
    triggerCheckpoint: (checkpointId: number) => queueMicrotask(() => coordinator.acknowledged("0/0", checkpointId, [])),
    abortCheckpoint: () => undefined,
    completeCheckpoint: async () => undefined,
  };
  const job = { deployment, parallelism: 1, enumeratorSnapshots: () => new Map() } as never;
  const ignored = (): void => undefined;
  const listener = { commit: async () => undefined, completed: ignored, aborted: ignored, failJob: ignored, warn: ignored };
  const coordinator: CheckpointCoordinator = new CheckpointCoordinator({ settings, storage, held: new HeldCheckpoints() }, job, undefined, listener);
  return coordinator;
}

it("an attempt keeps nothing of the checkpoints that are over, however many there were", async () => {
  const coordinator = coordinatorOf();
  coordinator.started();
  const heapAfter = async (checkpoints: number): Promise<number> => {
    for (let count = 0; count < checkpoints; count++) await coordinator.take("final");
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1_000);
  const kept = (await heapAfter(10_000)) - before;
  expect(kept / 10_000).toBeLessThan(50);
  await coordinator.close();
});
