import type { JobEvent, JobHandle, JobResult } from "@millrace/host";
import type { LogicalPlan } from "@millrace/plan";
import type { Signal } from "../io.ts";

export type Warning = Extract<JobEvent, { readonly kind: "warning" }>;

/** What a user sees of a run. Two forms: a live view on a terminal, JSON lines everywhere else. */
export interface RunView {
  /** What came while the job started, and can't wait until it runs. */
  early(warning: Warning): void;
  /** The job runs: from here on the view is told of it, first of what came while it started but for what `early` was told. */
  follow(handle: JobHandle, plan: LogicalPlan): void;
  heard(event: JobEvent): void;
  /** The first signal came: a last checkpoint is being taken. */
  stopping(signal: Signal): void;
  /** Nothing reads any more what the job prints: it ends here. `resume` is the command that goes on with it. */
  readerGone(resume: string): void;
  /** The job has ended well. `resume` is the command that goes on with it. */
  ended(result: JobResult, resume: string): void;
  /** Gives the terminal back; an error, if any, is reported after this. */
  close(): void;
}

/** A connector of the job and what it promises, told at the start of each run (law C6). */
export interface ConnectorNote {
  readonly uid: string;
  readonly connector: string;
  /** Of a sink. */
  readonly guarantee?: string;
  /** Of a source. */
  readonly replayable?: boolean;
}

export function connectorsOf(plan: LogicalPlan): readonly ConnectorNote[] {
  return plan.nodes
    .filter((node) => node.kind === "source" || node.kind === "sink")
    .map(({ uid, details: { connector, guarantee, replayable } }) => ({
      uid,
      connector: String(connector),
      ...(typeof guarantee === "string" && { guarantee }),
      ...(typeof replayable === "boolean" && { replayable }),
    }));
}

/** Whether the job's own output goes to the standard output: then everything else goes to the standard error. */
export function writesStandardOutput(plan: LogicalPlan): boolean {
  return connectorsOf(plan).some(({ connector }) => connector === "print");
}
