import { type ChildProcess, spawn } from "node:child_process";
import { exitCodes } from "../exit-codes.ts";
import type { Io } from "../io.ts";

const firstDelayMs = 1_000;
const longestDelayMs = 60_000;
/** A process that lived so long did not die of what it was started with. */
const healthyMs = 60_000;

/** These end a run for good: somebody wanted it. */
const wanted: ReadonlySet<NodeJS.Signals> = new Set<NodeJS.Signals>(["SIGINT", "SIGTERM"]);

/**
 * Runs the command in a process of its own, and again when that process dies of a signal: a crash of native code, or too
 * much memory for the machine. The run resumes from its last checkpoint; the delay doubles from 1 s to 1 min. Every other
 * end is the end, with the process's exit code. Signals are passed on.
 */
export async function supervise(io: Io, argv: readonly string[]): Promise<number> {
  let again = argv.filter((argument) => argument !== "--supervise");
  let delayMs = firstDelayMs;
  let child: ChildProcess | undefined;
  let stopping = false;
  const release = io.onSignal((signal) => {
    stopping = true;
    // A terminal gives Ctrl-C to both processes; a second SIGINT would end the job at once.
    if (signal === "SIGTERM" || process.stdin.isTTY !== true) child?.kill(signal);
  });
  try {
    for (;;) {
      const begun = performance.now();
      child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...again], { stdio: "inherit" });
      const { code, signal } = await endOf(child);
      if (signal === null) return code ?? exitCodes.jobFailed;
      if (stopping || wanted.has(signal)) return signal === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted;
      if (performance.now() - begun >= healthyMs) delayMs = firstDelayMs;
      io.stderr.write(`the process of the job died of ${signal}; it is started again in ${delayMs / 1_000} s\n`);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (stopping) return exitCodes.interrupted;
      delayMs = Math.min(2 * delayMs, longestDelayMs);
      // From here on the run is the one to resume.
      again = resuming(again);
    }
  } finally {
    release();
  }
}

/** The same command without what would begin again at the beginning, and without `options` and their values. */
export function resuming(argv: readonly string[], options: readonly string[] = ["--from"]): string[] {
  return argv.filter(
    (argument, index) =>
      !["--fresh", "--break-lock", ...options].includes(argument) &&
      !options.includes(argv[index - 1] ?? "") &&
      !options.some((option) => argument.startsWith(`${option}=`)),
  );
}

function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}
