import type { Json } from "@millrace/core";
import type { ExecutionMode, LogicalPlan } from "@millrace/plan";
import type { MemoryShares } from "../memory.ts";
import type { ConsoleEnd } from "../node/worker-console.ts";

/** What a job's worker threads have in common; plain data. */
export interface WorkerStart {
  /** URL of the module whose default export is the job. */
  readonly module: string;
  readonly parameters: { readonly [name: string]: Json } | undefined;
  readonly mode: ExecutionMode | undefined;
  /** Of the coordinator's build; the worker's must be equal (law P2). */
  readonly plan: LogicalPlan;
  readonly runId: string;
  readonly ancestorRunIds: readonly string[];
  /** Of the snapshot outside of the run's own checkpoints that it was started from. */
  readonly snapshotPath: string | undefined;
  readonly batchRecords: number;
  readonly dev: boolean;
  readonly interpret: boolean;
  readonly overwrite: boolean;
  readonly exactlyOnce: boolean;
  readonly checkpointIntervalMs: number | undefined;
  readonly state: WorkerState | undefined;
}

/** What a worker thread is started with. */
export interface WorkerData extends WorkerStart {
  /** Directory of Node's compile cache; undefined: there is none. */
  readonly compileCache: string | undefined;
  readonly console: ConsoleEnd;
}

/** Where state is kept; absent: checkpoints are off, and state is in memory. */
export interface WorkerState {
  readonly backend: "heap" | "disk";
  readonly checkpoints: string;
  readonly local: string;
  readonly identity: { readonly runId: string; readonly lockToken: string };
  readonly memory: MemoryShares;
}
