import type { RestartStrategy } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import type { Ports } from "@millrace/core";
import type { JobGraph, RestorePlan } from "@millrace/plan";
import type { Deployer } from "../deployment/deployment.ts";
import type { LocalState } from "./left-behind.ts";

/** Everything the coordinator of a run needs; composed by the host. */
export interface RunSettings {
  readonly graph: JobGraph;
  readonly planHash: string;
  readonly ports: Ports;
  readonly runId: string;
  /** Of the state directory's lock; written into manifests. */
  readonly lockToken: string;
  readonly engineVersion: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Every node is a task of its own. */
  readonly dev: boolean;
  readonly overwrite: boolean;
  /** Uids of sinks that pass over output which can't be published any more, and say so, instead of failing. */
  readonly acceptLoss: readonly string[];
  /** Puts the tasks into threads. */
  readonly deployer: Deployer;
  /** undefined: checkpoints are off. */
  readonly storage: CheckpointStorage | undefined;
  /** undefined: there is none. */
  readonly local: LocalState | undefined;
  readonly checkpoints: CheckpointSettings;
  /** What sinks are told: undefined when there is no checkpoint but the last. */
  readonly checkpointIntervalMs: number | undefined;
  readonly restart: RestartStrategy;
  /** What this run starts from; its own later checkpoints take its place after a failure. */
  readonly restored: CheckpointManifest | undefined;
  /** What becomes of `restored` in this job; undefined: everything is taken over as it stands. */
  readonly restorePlan: RestorePlan | undefined;
  /** As in the manifest. */
  readonly ancestorRunIds: readonly string[];
  /** True when `restored` belongs to this very run (its output exists already). */
  readonly resumed: boolean;
  /** Ids that never repeat within a job, also over crashes. */
  readonly nextCheckpointId: () => Promise<number>;
  /** Throws STATE_LOCK_LOST when this process no longer owns the state directory; asked before each attempt, each manifest and each clean-up. */
  readonly verifyOwnership: () => Promise<void>;
}

export interface CheckpointSettings {
  readonly intervalMs: number | undefined;
  readonly minPauseMs: number;
  readonly timeoutMs: number;
  readonly tolerableFailures: number;
  /** A task that has waited so long for all barriers takes the checkpoint without them; undefined: it waits for ever. */
  readonly alignmentTimeoutMs: number | undefined;
  readonly retained: number;
}
