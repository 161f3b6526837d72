import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type RunLine, without, wordsOf } from "../arguments/run-line.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Io, Signal } from "../io.ts";
import { RunBegun, supervisedVariable } from "./run-begun.ts";

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;
/** A process that lived so long did not die of what it was started with. */
const healthyMs = 60_000;

/** Options that a run which has begun does not begin with again. */
export const anew: readonly string[] = ["--fresh", "--break-lock", "--from"];

/** These end a run for good: somebody wanted it. */
const wanted: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(["SIGINT", "SIGTERM"]);

/**
 * Runs the command in a process of its own, and again when that process dies of a signal: a crash of native code, or too
 * much memory for the machine. A run that had begun resumes from its last checkpoint; the delay doubles from 1 s to 1 min.
 * Every other end is the end, with the process's exit code. Signals are passed on, and end a delay.
 */
export async function supervise(io: Io, line: RunLine): Promise<number> {
  let again = without(line, ["--supervise"]);
  let delayMs = firstDelayMs;
  let child: ChildProcess | undefined;
  let stopping: Signal | undefined;
  const stopped = Promise.withResolvers<void>();
  const begun = new RunBegun();
  const release = io.onSignal((signal) => {
    stopping ??= signal;
    stopped.resolve();
    // It may have been sent to both processes, as by a terminal or by systemd: the job takes that for one.
    child?.kill(signal);
  });
  try {
    for (;;) {
      const startedMs = performance.now();
      child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...wordsOf(again)], {
        stdio: ["inherit", "inherit", "inherit", "ipc"],
        env: { ...process.env, [supervisedVariable]: "1" },
      });
      const heard = begun.listen(child);
      const { code, signal } = await endOf(child);
      if (signal === null) return code ?? exitCodes.jobFailed;
      if (stopping !== undefined || wanted.has(signal)) return codeOf(stopping ?? signal);
      if (performance.now() - startedMs >= healthyMs) delayMs = firstDelayMs;
      io.stderr.write(`the process of the job died of ${signal}; it is started again in ${delayMs / 1_000} s\n`);
      await Promise.race([pause(delayMs), stopped.promise]);
      if (stopping !== undefined) return codeOf(stopping);
      delayMs = Math.min(2 * delayMs, longestDelayMs);
      await heard;
      if (await begun.ask()) again = without(again, anew);
      if (stopping !== undefined) return codeOf(stopping);
    }
  } finally {
    release();
  }
}

function codeOf(signal: NodeJS.Signals): number {
  return signal === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted;
}

function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}
