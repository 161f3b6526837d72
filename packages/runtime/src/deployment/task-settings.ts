import type { CheckpointStorage, SinkContext } from "@millrace/contracts";
import type { Ports } from "@millrace/core";
import type { JobGraph } from "@millrace/plan";
import type { StateBackends } from "../job/backends.ts";

/** Everything that the tasks of one thread need; composed by the host, in each thread anew. */
export interface TaskSettings {
  readonly graph: JobGraph;
  readonly ports: Ports;
  readonly runId: string;
  /** As in the manifest. */
  readonly ancestorRunIds: readonly string[];
  /** Records in one batch and in one poll. */
  readonly batchRecords: number;
  /** Every edge makes the round trip through the codec. */
  readonly dev: boolean;
  /** Interpret chains instead of generating code. */
  readonly interpret: boolean;
  readonly overwrite: boolean;
  /** Barriers hold channels until those of all others have come; else records may be processed again after a restore. */
  readonly exactlyOnce: boolean;
  /** undefined: no checkpoint but the last. */
  readonly checkpointIntervalMs: number | undefined;
  readonly backends: StateBackends;
  /** undefined: checkpoints are off. */
  readonly storage: CheckpointStorage | undefined;
  /** Reads the files of the savepoint that the run was restored from. */
  readonly restoredData: Pick<CheckpointStorage, "readData"> | undefined;
}

/** What sinks know of the run. */
export type SinkSettings = Pick<TaskSettings, "graph" | "ports" | "runId" | "ancestorRunIds" | "overwrite" | "checkpointIntervalMs">;

/** `resumed`: output of this run exists already. */
export function sinkContext(settings: SinkSettings, resumed: boolean, place: Pick<SinkContext, "uid" | "subtask" | "parallelism">): SinkContext {
  const { ports, runId, ancestorRunIds, graph, overwrite, checkpointIntervalMs } = settings;
  return { ports, jobName: graph.plan.jobName, runId, ancestorRunIds, ...place, resumed, overwrite, checkpointIntervalMs };
}
