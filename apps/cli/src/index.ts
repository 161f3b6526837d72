import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { outputLost } from "./output-lost.ts";
import { buildProgram, type Says } from "./program.ts";
import { isVerbose, reportError } from "./report.ts";

export { exitCodes } from "./exit-codes.ts";
export type { Io, Output, Signal } from "./io.ts";
export { processIo } from "./io.ts";

/**
 * The `millrace` command: `argv` are the words after it. Resolves with the exit code when the command is done and what it said has been
 * read; never rejects. Everything it says goes through `io`.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const { exitCode, says } = await run(argv, io);
  const unwritten = await io.flushed();
  if (unwritten === undefined || says === "log" || exitCode !== exitCodes.ok) return exitCode;
  reportError(io, outputLost(unwritten), { verbose: isVerbose(io, argv), redact: (text) => text });
  return exitCodes.jobFailed;
}

interface Outcome {
  readonly exitCode: number;
  readonly says: Says;
}

async function run(argv: readonly string[], io: Io): Promise<Outcome> {
  let outcome: Outcome = { exitCode: exitCodes.ok, says: "answer" };
  try {
    const program = buildProgram(io, version(), (exitCode, says = "answer") => {
      outcome = { exitCode, says };
    });
    await program.parseAsync(argv, { from: "user" });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return { ...outcome, exitCode: commanderCode(error) };
    const failure = error instanceof Failure ? error : new Failure(error, exitCodes.jobFailed);
    reportError(io, failure.error, { verbose: isVerbose(io, argv), redact: failure.redact });
    return { ...outcome, exitCode: exitCodeOf(failure.error, failure.exitCode) };
  }
}

/** Commander has printed what it had to say: help that was asked for, or what is wrong with the command line. */
function commanderCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
