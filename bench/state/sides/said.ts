import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Hands each line of these outputs to `line` as it comes. */
export function hear(outputs: readonly (Readable | null)[], line: (text: string) => void): void {
  for (const output of outputs) if (output !== null) createInterface({ input: output }).on("line", line);
}

/** Rejects with what it said last when the process ends before it was killed. */
export function diedEarly(child: ChildProcess, last: () => string): Promise<never> {
  return new Promise((_, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`${child.spawnfile} ended with exit code ${code}: ${last()}`)));
  });
}
