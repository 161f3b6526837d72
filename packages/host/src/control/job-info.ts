import type { Json } from "@millrace/core";
import type { JobResult, JobStatus, SavepointInfo } from "../job-handle.ts";

/** The answer of `GET /v1/job`. */
export interface JobInfo {
  readonly apiVersion: 1;
  readonly engineVersion: string;
  readonly pid: number;
  readonly stateDirectory: string | null;
  /** Id of the checkpoint that the run started from. */
  readonly resumedFrom: number | null;
  readonly status: JobStatus;
}

/** The answer of `POST /v1/stop` and `POST /v1/cancel`, sent when the job has ended. */
export interface EndInfo {
  readonly end: JobResult["end"];
  readonly runId: string;
  /** The last one of the run, of this process or before it. */
  readonly checkpointId: number | null;
  /** The savepoint that the run ended with. */
  readonly savepoint?: SavepointInfo;
}

/** The answer of `GET /v1/checkpoint`; the checkpoint is kept until the connection is closed. */
export interface HeldCheckpointInfo {
  readonly checkpointId: number;
  /** Of its manifest. */
  readonly path: string;
}

/** What every refusal looks like. */
export interface ControlError {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** The logical plan as it stands in snapshots. */
export type PlanJson = Json;
