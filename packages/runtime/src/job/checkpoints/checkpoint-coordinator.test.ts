import type { CheckpointStorage } from "@millrace/contracts";
import { expect, test } from "vitest";
import type { RunSettings } from "../settings.ts";
import { CheckpointCoordinator, type CheckpointedJob, type CheckpointListener } from "./checkpoint-coordinator.ts";
import type { HeldCheckpoints } from "./held-checkpoints.ts";

/** A coordinator of one task that takes no checkpoint by itself, the ids of those that it has triggered, and what it tells its tasks. */
function coordinate() {
  const triggered: number[] = [];
  const said: string[] = [];
  let nextId = 1;
  const settings = {
    ports: { clock: { now: () => 0, monotonic: () => 0 }, scheduler: { after: () => () => undefined } },
    checkpoints: { intervalMs: undefined, minPauseMs: 0, timeoutMs: 1_000, tolerableFailures: 10, alignmentTimeoutMs: undefined, retained: 1 },
    nextCheckpointId: async () => nextId++,
  } as unknown as RunSettings;
  const deployment = {
    subtasks: [{ id: "0/0" }],
    triggerCheckpoint: (checkpointId: number, { suspends }: { readonly suspends: boolean }) => {
      triggered.push(checkpointId);
      said.push(`trigger ${checkpointId}${suspends ? ", suspends" : ""}`);
    },
    abortCheckpoint: (checkpointId: number) => void said.push(`abort ${checkpointId}`),
    resume: () => void said.push("resume"),
  };
  const job = { deployment, parallelism: 1, enumeratorSnapshots: () => new Map() } as unknown as CheckpointedJob;
  const listener = { aborted: () => undefined } as unknown as CheckpointListener;
  const parts = { settings, storage: {} as CheckpointStorage, held: {} as HeldCheckpoints };
  const coordinator = new CheckpointCoordinator(parts, job, undefined, listener);
  coordinator.started();
  /** Ids come from the disk, a moment later. */
  const triggeredSoFar = async (): Promise<readonly number[]> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    return [...triggered];
  };
  return { coordinator, said, triggeredSoFar };
}

test("what state asks for again before the checkpoint that it asked for is over there brings no second one", async () => {
  const { coordinator, triggeredSoFar } = coordinate();
  coordinator.wantedByState(0);
  expect(await triggeredSoFar()).toEqual([1]);
  coordinator.wantedByState(0);
  coordinator.declined("0/0", 1, new Error("the disk is full"));
  expect(await triggeredSoFar()).toEqual([1]);
  coordinator.wantedByState(1);
  expect(await triggeredSoFar()).toEqual([1, 2]);
});

test("state that asks when a checkpoint is over there, and not yet everywhere, gets the next one", async () => {
  const { coordinator, triggeredSoFar } = coordinate();
  coordinator.wantedByState(0);
  expect(await triggeredSoFar()).toEqual([1]);
  coordinator.wantedByState(1);
  expect(await triggeredSoFar()).toEqual([1]);
  coordinator.declined("0/0", 1, new Error("the disk is full"));
  expect(await triggeredSoFar()).toEqual([1, 2]);
});

test("who is refused does not let tasks go on behind the barrier of the next one, which is somebody else's last", async () => {
  const { coordinator, said, triggeredSoFar } = coordinate();
  const stop = Symbol("stop with a savepoint");
  const stopping = coordinator.take("savepoint", { suspends: stop }).catch(() => coordinator.resume(stop));
  void coordinator.take("final", { suspends: Symbol("rescale") });
  await triggeredSoFar();
  coordinator.declined("0/0", 1, new Error("the disk is full"));
  await stopping;
  expect(said).toEqual(["trigger 1, suspends", "abort 1", "trigger 2, suspends"]);
});
