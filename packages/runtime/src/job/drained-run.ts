import type { CheckpointManifest } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/** Whether the checkpoint is the last word of the run: it was drained, and nothing is read behind it. */
export function isDrained(runId: string, restored: CheckpointManifest | undefined): boolean {
  return restored?.drained === true && restored.kind === "checkpoint" && restored.runId === runId;
}

/** What had been fired early is published, as the savepoint of the drain says. */
export function runDrained(): MillraceError {
  return new MillraceError("RUN_DRAINED", "the run had been drained, and what was left of its output is published: it is over", {
    hint: "start a new run, or go on from the savepoint that it was stopped with",
  });
}
