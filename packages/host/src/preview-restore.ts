import { buildJob, type JobDefinition } from "@millrace/api";
import { createFileCheckpointStorage } from "@millrace/checkpoint";
import { MillraceError } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { RestorePlan } from "@millrace/plan";
import type { StartOptions } from "./job-handle.ts";
import { nodeMachine } from "./machine.ts";
import { decideRestorePlan } from "./plan-restore.ts";
import { snapshotChoice } from "./snapshot-choice.ts";
import { chooseStartingPoint } from "./starting-point.ts";

/** What a restore would do. */
export interface RestorePreview {
  readonly path: string;
  readonly kind: "checkpoint" | "savepoint";
  readonly checkpointId: number;
  /** Exactly what a restore carries out; with `problems` it is refused. */
  readonly plan: RestorePlan;
}

/**
 * Reads and verifies the snapshot that `from` names and decides what would become of it in the job, without running, locking
 * or changing anything. `migrate` functions are tried over the whole snapshot. Throws what a restore throws but RESTORE_REFUSED.
 */
export async function previewRestore(definition: JobDefinition, from: string, options: StartOptions = {}): Promise<RestorePreview> {
  const graph = buildJob(definition, options.parameters === undefined ? {} : { parameters: options.parameters });
  const ports = options.ports ?? nodePorts;
  const machine = options.machine ?? nodeMachine;
  const stateDirectory = machine.absolutePath(options.stateDir ?? `${options.stateRoot ?? ".millrace"}/${graph.plan.jobName}`);
  const choice = snapshotChoice(from, `${stateDirectory}/savepoints`, machine);
  const storage = createFileCheckpointStorage({ files: ports.files, directory: `${stateDirectory}/checkpoints` });
  const decision = { kind: "new", from: choice, previous: undefined, abandons: undefined } as const;
  const point = await chooseStartingPoint({ ports, storage, graph, decision, from: choice, begunFrom: undefined, readByRestore: undefined });
  if (point === undefined) throw new MillraceError("SNAPSHOT_NONE", `${from} is no snapshot of this job`, { where: { job: graph.plan.jobName } });
  const { manifest, snapshot } = point;
  const plan = await decideRestorePlan({
    graph,
    manifest,
    data: snapshot ?? storage,
    maxParallelism: options.maxParallelism ?? manifest.maxParallelism,
    allowDrop: options.allowDrop ?? [],
    nowMs: ports.clock.now(),
  });
  // A checkpoint that was named by its path is restored as a savepoint is, but is none.
  const { kind } = snapshot?.manifest ?? manifest;
  return { path: snapshot?.path ?? from, kind, checkpointId: manifest.checkpointId, plan };
}
