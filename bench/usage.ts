import { messageOf } from "@millrace/core";

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
