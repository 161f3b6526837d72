import type { JobDefinition } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import type { JobEvent, JobHandle, JobResult, StartOptions } from "@millrace/host";
import type { LogicalPlan } from "@millrace/plan";
import { exitCodes } from "../exit-codes.ts";
import { type Io, isReaderGone, type Output, type Signal } from "../io.ts";
import { outputLost } from "../output-lost.ts";
import { reportError } from "../report.ts";
import { supervisedVariable } from "./run-begun.ts";
import type { RunView } from "./view.ts";

/** What a supervisor passes on has come by then. */
const PASSED_ON_MS = 500;

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
  /** Takes secrets out of what is said. */
  readonly redact: (text: string) => string;
}

/**
 * Runs a job to its end and returns the exit code. The first SIGINT or SIGTERM stops it with a last checkpoint, the
 * second ends the process at once. So does a standard output that can't take what the job prints, since its reader has gone or
 * the disk is full: a last checkpoint would say that everything before it was printed. Rejects with the cause when the job is refused or fails.
 */
export async function runJob(io: Io, { job, plan, options, view, start, prints, resumeCommand, redact }: RunRequest): Promise<number> {
  let handle: JobHandle | undefined;
  let first: Signal | undefined;
  let firstMs = 0;
  const starting = new AbortController();
  const told = new Set<JobEvent>();
  let unfollow: (() => void) | undefined;
  const release = io.onSignal((signal) => {
    if (first !== undefined) {
      // One that was sent to both processes comes here once more, by way of the supervisor.
      if (signal === first && io.env[supervisedVariable] !== undefined && performance.now() - firstMs < PASSED_ON_MS) return;
      view.close();
      io.exit(signalCode(first));
      return;
    }
    first = signal;
    firstMs = performance.now();
    view.stopping(signal);
    // Its outcome comes through `finished`.
    if (handle === undefined) starting.abort();
    else handle.stop().catch(() => undefined);
  });
  const forget = !prints
    ? () => undefined
    : onOutputLost(io.stdout, (error) => {
        const gone = isReaderGone(error);
        if (gone) view.readerGone(resumeCommand);
        view.close();
        if (!gone) reportError(io, outputLost(error, `make room, then resume: ${resumeCommand}`), { verbose: false, redact });
        io.exit(gone ? exitCodes.readerGone : exitCodes.jobFailed);
      });
  const outlive = io.onEarlyExit(exitCodes.jobFailed, () => {
    view.close();
    reportError(io, exitedEarly(resumeCommand), { verbose: false, redact });
  });
  try {
    handle = await start(job, {
      ...options,
      signal: starting.signal,
      onEvent: (event) => {
        if (handle !== undefined || event.kind !== "warning") return;
        told.add(event);
        view.early(event);
      },
    });
    view.follow(handle, plan);
    unfollow = handle.on((event) => {
      if (!told.delete(event)) view.heard(event);
    });
    // One that it has not heard of while it started.
    if (first !== undefined) handle.stop().catch(() => undefined);
    const result = await handle.finished;
    view.ended(result, resumeCommand);
    return endCode(result, first);
  } finally {
    unfollow?.();
    forget();
    outlive();
    release();
    view.close();
    // Whoever ended the job over its control API is answered before the process ends.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function exitedEarly(resumeCommand: string): MillraceError {
  return new MillraceError("PROCESS_EXITED", "the process was ended while the job ran: user code called process.exit", {
    hint: `throw an error instead of ending the process; resume: ${resumeCommand}`,
  });
}

/** Calls back once; the returned function ends that. */
function onOutputLost(output: Output, lost: (error: NodeJS.ErrnoException) => void): () => void {
  const onError = (error: NodeJS.ErrnoException): void => {
    forget();
    lost(error);
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
