import { buildJob, type JobDefinition } from "@millrace/api";
import { createFileCheckpointStorage, openSnapshot } from "@millrace/checkpoint";
import type { CheckpointStorage } from "@millrace/contracts";
import { MillraceError, type Ports } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { describePlanDifference, type JobGraph, planHash } from "@millrace/plan";
import { HeapBackends, type StateBackends, StoreBackends, type TaskSettings, transientBackends } from "@millrace/runtime";
import { workHere } from "@millrace/state";
import { storeThread } from "@millrace/state/node";
import { buildOptions } from "../build-options.ts";
import type { WorkerStart, WorkerState } from "./worker-start.ts";

/** Builds the job in a worker and puts together what its tasks need. Throws PLAN_DIFFERS when it comes out otherwise than in the main thread. */
export function workerTaskSettings(definition: JobDefinition, start: WorkerStart, ports: Ports): TaskSettings {
  const graph = buildJob(definition, buildOptions(start));
  verifyPlan(graph, start);
  const { runId, ancestorRunIds, snapshotPath, batchRecords, dev, interpret, overwrite, exactlyOnce, checkpointIntervalMs, state } = start;
  const storage = state === undefined ? undefined : createFileCheckpointStorage({ files: ports.files, directory: state.checkpoints, onlyData: true });
  const backends = backendsOf(ports, state, storage);
  const restoredData = snapshotPath === undefined ? undefined : snapshotAt(ports, snapshotPath);
  const common = { graph, ports, runId, ancestorRunIds, batchRecords, dev, interpret, overwrite, exactlyOnce, checkpointIntervalMs };
  return { ...common, storage, backends, restoredData };
}

/** In memory when nothing is kept. */
export function backendsOf(ports: Ports, state: WorkerState | undefined, storage: CheckpointStorage | undefined): StateBackends {
  if (state === undefined || storage === undefined) return transientBackends();
  const { files } = ports;
  const { backend, local, checkpoints, identity, memory } = state;
  // The thread has files of its own.
  const work = files === nodePorts.files ? storeThread : () => workHere(files);
  if (backend === "heap") return new HeapBackends({ files, directory: local, checkpoints, work });
  return new StoreBackends({ files, directory: local, storage, identity, ...memory, work });
}

/** Opened when it is read: later attempts begin with the run's own checkpoints, and the snapshot may have gone by then. */
function snapshotAt({ files }: Ports, path: string): Pick<CheckpointStorage, "readData"> {
  return {
    async *readData(file) {
      yield* (await openSnapshot(files, path)).readData(file);
    },
  };
}

function verifyPlan(graph: JobGraph, { plan, module }: WorkerStart): void {
  if (planHash(graph.plan) === planHash(plan)) return;
  const difference = describePlanDifference(plan, graph.plan) ?? "they differ";
  throw new MillraceError("PLAN_DIFFERS", `a worker built another plan from ${module} than the main thread: ${difference}`, {
    where: { job: plan.jobName },
    hint: "a job must not depend on the clock, on random numbers or on the thread it is built in; pass such values as parameters",
  });
}
