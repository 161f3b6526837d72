import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";
import { buildProgram } from "./program.ts";
import { isVerbose, reportError } from "./report.ts";

export { exitCodes } from "./exit-codes.ts";
export type { Io, Output, Signal } from "./io.ts";
export { processIo } from "./io.ts";

/**
 * The `millrace` command: `argv` are the words after it. Resolves with the exit code when the command is done and what it said has been
 * read; never rejects. Everything it says goes through `io`.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const code = await run(argv, io);
  await io.flushed();
  return code;
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.ok;
  try {
    const program = buildProgram(io, version(), (code) => {
      exitCode = code;
    });
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderCode(error);
    const failure = error instanceof Failure ? error : new Failure(error, exitCodes.jobFailed);
    reportError(io, failure.error, { verbose: isVerbose(io, argv), redact: failure.redact });
    return exitCodeOf(failure.error, failure.exitCode);
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
