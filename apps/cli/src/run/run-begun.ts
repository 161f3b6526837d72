import type { ChildProcess } from "node:child_process";
import { jobsOptions } from "../commands/jobs.ts";
import type { Io } from "../io.ts";

/** Set for the process of a supervised job. */
export const supervisedVariable = "MILLRACE_SUPERVISED";

/** What that process tells before it starts the job: where the history of runs is, and how many starts stand in it. */
interface HistoryBefore {
  readonly stateDirectory: string;
  readonly starts: number;
}

/** Tells the supervisor, if there is one, what the history of runs was before this process adds to it. */
export async function tellSupervisor(io: Io, stateDirectory: string): Promise<void> {
  if (io.env[supervisedVariable] === undefined || process.send === undefined) return;
  const before: HistoryBefore = { stateDirectory, starts: await startsIn(stateDirectory) };
  // Nobody hears it when the supervisor has gone: the job does without.
  await new Promise<void>((resolve) => process.send?.(before, undefined, undefined, () => resolve()));
  if (process.connected) process.disconnect?.();
}

/**
 * Whether the run that a command asks for has begun, in one of the processes that were started for it: from then on it is the
 * one to resume. A process may die before, while it loads the job or reads a snapshot.
 */
export class RunBegun {
  #before: HistoryBefore | undefined;

  /** Resolves when the process has said all that it ever will. */
  listen(child: ChildProcess): Promise<void> {
    child.on("message", (before) => {
      this.#before ??= before as HistoryBefore;
    });
    return new Promise((resolve) => child.once("disconnect", resolve));
  }

  async ask(): Promise<boolean> {
    const before = this.#before;
    return before !== undefined && (await startsIn(before.stateDirectory)) > before.starts;
  }
}

async function startsIn(stateDirectory: string): Promise<number> {
  const { jobRuns } = await import("@millrace/host");
  return (await jobRuns(stateDirectory, await jobsOptions())).length;
}
