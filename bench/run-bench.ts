import { explain } from "@millrace/core";

/** Runs a bench from the command line, or says how it is used. What it throws is explained, and its exit code is then 2. */
export async function runBench(help: boolean, usage: string, main: () => Promise<void>): Promise<void> {
  if (help) {
    console.log(usage);
    return;
  }
  try {
    await main();
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 2;
  }
}
