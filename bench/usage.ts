import { MillraceError, messageOf } from "@millrace/core";
import { wholeIn } from "./option-values.ts";

/** Reads the command line of a tool: prints its usage when that is asked for, and with what is wrong otherwise; exit code 2 then. */
export function orUsage<T>(usage: string, read: () => T): T {
  if (process.argv.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read();
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usage}`);
    process.exit(2);
  }
}

/** The whole number that an option is given, `least` or more. */
export function wholeNumber(option: string, text: string, least: number): number {
  const value = wholeIn(text, least);
  if (value !== undefined) return value;
  const from = least > Number.MIN_SAFE_INTEGER ? ` from ${least} on` : "";
  throw new MillraceError("TOOL_USAGE", `${option} takes a whole number${from}, not "${text}"`);
}
