import { errorChain, explain, MillraceError, messageOf } from "@millrace/core";
import type { Io } from "./io.ts";
import { paintFor } from "./paint.ts";
import { type UserLine, userLineOf } from "./user-line.ts";

export interface ReportOptions {
  readonly verbose: boolean;
  /** Takes secrets out. */
  readonly redact: (text: string) => string;
}

/** An error, and causes of it that are told. */
const CHAIN_MAX = 6;

/** One clean message on the standard error; the stack and the causes with --verbose or MILLRACE_DEBUG. */
export function reportError(io: Io, error: unknown, { verbose, redact }: ReportOptions): void {
  const say = (line: string): void => void io.stderr.write(`${redact(line)}\n`);
  const paint = paintFor(io, io.stderr);
  const [first = "", ...rest] = explain(error).split("\n");
  say(`${paint("red", "error:")} ${[first, ...rest].join("\n")}`);
  const line = deepestLine(error, io.cwd);
  if (line !== undefined && !first.includes(line.place)) say(`  at ${line.place}${line.text === undefined ? "" : paint("dim", `  ${line.text}`)}`);
  for (const cause of causesOf(error)) say(`${paint("dim", "  caused by:")} ${cause}`);
  if (verbose && error instanceof Error) say(`${paint("dim", stacksOf(error))}`);
  else if (!(error instanceof MillraceError)) say(`${paint("dim", "  MILLRACE_DEBUG=1 shows where it came from")}`);
}

export function isVerbose(io: Io, argv: readonly string[]): boolean {
  return argv.includes("--verbose") || (io.env.MILLRACE_DEBUG ?? "") !== "";
}

/** The line of the user's code that the innermost cause was thrown from. */
function deepestLine(error: unknown, cwd: string): UserLine | undefined {
  let line: UserLine | undefined;
  for (const at of errorChain(error).slice(0, CHAIN_MAX)) line = (at instanceof MillraceError ? undefined : userLineOf(at, cwd)) ?? line;
  return line;
}

/** Messages of the causes that say something the messages before them don't. */
function causesOf(error: unknown): readonly string[] {
  const messages: string[] = [];
  let said = messageOf(error);
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < 5; depth++) {
    const message = cause instanceof MillraceError ? (explain(cause).split("\n", 1)[0] ?? "") : messageOf(cause);
    if (!said.includes(messageOf(cause))) messages.push(message);
    said += message;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return messages;
}

function stacksOf(error: Error): string {
  const stacks = errorChain(error).map(({ stack, message }) => stack ?? message);
  return stacks.slice(0, CHAIN_MAX).join("\ncaused by ");
}
