import { dataFilesOf, parseDataFileName } from "@millrace/checkpoint";
import type { CheckpointManifest, OperatorSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { NodeSnapshot } from "../../task/task-events.ts";
import type { RunSettings } from "../settings.ts";

/** What all tasks have acknowledged. */
export interface AcknowledgedCheckpoint {
  readonly checkpointId: number;
  readonly parentId: number | undefined;
  readonly triggeredAtMs: number;
  readonly parallelism: number;
  /** Of every task. */
  readonly snapshots: Iterable<readonly NodeSnapshot[]>;
  /** Of the sources' enumerators, by node. */
  readonly enumerators: ReadonlyMap<number, Json>;
  /** The sources were drained. Where event time stood is left out. */
  readonly drained: boolean;
}

export function checkpointManifest(settings: RunSettings, acknowledged: AcknowledgedCheckpoint): CheckpointManifest {
  const { checkpointId, parentId, triggeredAtMs, parallelism, enumerators } = acknowledged;
  const subtasks = bySubtask(acknowledged);
  const operators = settings.graph.plan.nodes.map((node): OperatorSnapshot => {
    const enumerator = enumerators.get(node.id);
    return { uid: node.uid, subtasks: subtasks.get(node.uid) ?? [], ...(enumerator === undefined ? {} : { enumerator }) };
  });
  return {
    formatVersion: 1,
    engineVersion: settings.engineVersion,
    kind: "checkpoint",
    jobName: settings.graph.plan.jobName,
    runId: settings.runId,
    ...(settings.ancestorRunIds.length === 0 ? {} : { ancestorRunIds: settings.ancestorRunIds }),
    lockToken: settings.lockToken,
    checkpointId,
    ...(parentId === undefined ? {} : { parentCheckpointId: parentId }),
    triggeredAtMs,
    completedAtMs: settings.ports.clock.now(),
    parallelism,
    maxParallelism: settings.maxParallelism,
    planHash: settings.planHash,
    plan: settings.graph.plan as unknown as Json,
    operators,
    ...(acknowledged.drained ? { drained: true } : {}),
  };
}

/** What a checkpoint wrote itself, without the files of earlier ones that it refers to. */
export function bytesWritten(manifest: CheckpointManifest): number {
  return dataFilesOf(manifest)
    .filter((file) => parseDataFileName(file.name)?.checkpointId === manifest.checkpointId)
    .reduce((sum, file) => sum + file.bytes, 0);
}

function bySubtask({ snapshots, drained }: AcknowledgedCheckpoint): ReadonlyMap<string, readonly SubtaskSnapshot[]> {
  const subtasks = new Map<string, SubtaskSnapshot[]>();
  for (const nodes of snapshots) {
    for (const { uid, snapshot } of nodes) {
      const part = drained ? timeless(snapshot) : snapshot;
      const list = subtasks.get(uid);
      if (list === undefined) subtasks.set(uid, [part]);
      else list.push(part);
    }
  }
  for (const parts of subtasks.values()) parts.sort((a, b) => a.subtask - b.subtask);
  return subtasks;
}

function timeless({ watermark: _watermark, ...rest }: SubtaskSnapshot): SubtaskSnapshot {
  return rest;
}
