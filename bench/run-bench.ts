import { explain } from "@millrace/core";

/** Runs a bench from the command line. What it throws is explained, and its exit code is then 2. */
export async function runBench(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 2;
  }
}
