import type { Deployment, DeploymentListener, DeploymentOrder, SinkOutput, SubtaskStatus } from "./deployment.ts";
import type { ErrorData } from "./error-data.ts";
import type { ThreadPlace } from "./thread-deployment.ts";

/** What the coordinator's thread says to another: calls of the deployment there, in order. Plain data. */
export type ThreadCommand =
  | { readonly kind: "deploy"; readonly request: number; readonly order: DeploymentOrder; readonly place: ThreadPlace }
  | { readonly [M in Plain]: { readonly kind: M; readonly args: Parameters<Deployment[M]> } }[Plain]
  | { readonly kind: "completeCheckpoint"; readonly request: number; readonly checkpointId: number }
  | { readonly kind: "prepareSinks" | "status" | "close"; readonly request: number };

/** Calls without an answer. */
export type Plain = "start" | "assignSplits" | "noMoreSplits" | "alignWatermarks" | "drain" | "triggerCheckpoint" | "abortCheckpoint" | "resume";

export type ThreadEvent =
  /** The job was built here, and its plan is the same. */
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly error: ErrorData }
  | { readonly kind: "answer"; readonly request: number; readonly answer: ThreadAnswer }
  | { readonly kind: "refusal"; readonly request: number; readonly error: ErrorData }
  | { readonly [M in Heard]: { readonly kind: M; readonly args: Parameters<DeploymentListener[M]> } }[Heard]
  | { readonly kind: "declined"; readonly subtaskId: string; readonly checkpointId: number; readonly error: ErrorData }
  | { readonly kind: "failed" | "warn"; readonly error: ErrorData };

/** Events that are plain data as they are. */
export type Heard = "acknowledged" | "ended" | "wantsCheckpoint" | "requestSplit" | "sourceWatermark";

/** What every answer brings along. */
export interface ThreadAnswer {
  readonly localMarkers: readonly number[];
  readonly status: readonly SubtaskStatus[];
  readonly outputs: readonly SinkOutput[];
}
