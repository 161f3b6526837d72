import type { JobDefinition } from "@millrace/api";
import type { JobHandle, JobResult, StartOptions } from "@millrace/host";
import type { LogicalPlan } from "@millrace/plan";
import { exitCodes } from "../exit-codes.ts";
import type { Io, Output, Signal } from "../io.ts";
import type { RunView } from "./view.ts";

export type StartJob = (job: JobDefinition, options: StartOptions) => Promise<JobHandle>;

export interface RunRequest {
  readonly job: JobDefinition;
  readonly plan: LogicalPlan;
  readonly options: StartOptions;
  readonly view: RunView;
  readonly start: StartJob;
  /** The standard output is the job's own. */
  readonly prints: boolean;
  /** The command that goes on with a stopped run. */
  readonly resumeCommand: string;
}

/**
 * Runs a job to its end and returns the exit code. The first SIGINT or SIGTERM stops it with a last checkpoint, the
 * second ends the process at once. So does a reader of what the job prints that goes away: a last checkpoint would say that
 * everything before it was printed. Rejects with the cause when the job is refused or fails.
 */
export async function runJob(io: Io, { job, plan, options, view, start, prints, resumeCommand }: RunRequest): Promise<number> {
  let handle: JobHandle | undefined;
  let first: Signal | undefined;
  const release = io.onSignal((signal) => {
    if (first !== undefined) {
      view.close();
      io.exit(signalCode(first));
      return;
    }
    first = signal;
    view.stopping(signal);
    // Its outcome comes through `finished`.
    handle?.stop().catch(() => undefined);
  });
  const forget = !prints
    ? () => undefined
    : onReaderGone(io.stdout, () => {
        view.readerGone(resumeCommand);
        view.close();
        io.exit(exitCodes.readerGone);
      });
  try {
    handle = await start(job, options);
    view.follow(handle, plan);
    if (first !== undefined) handle.stop().catch(() => undefined);
    const result = await handle.finished;
    view.ended(result, resumeCommand);
    return endCode(result, first);
  } finally {
    forget();
    release();
    view.close();
    // Whoever ended the job over its control API is answered before the process ends.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Calls back once; the returned function ends that. */
function onReaderGone(output: Output, gone: () => void): () => void {
  const onError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") return;
    forget();
    gone();
  };
  const forget = (): void => void output.off("error", onError);
  output.on("error", onError);
  return forget;
}

/** A job that finished by itself while it was being stopped has finished. */
function endCode(result: JobResult, signal: Signal | undefined): number {
  return result.end === "stopped" && signal !== undefined ? signalCode(signal) : exitCodes.ok;
}

function signalCode(signal: Signal): number {
  return signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
}
