import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** How much V8 inlines at most into what it compiles last. In a process of its own: it holds for all of it. */
function allowance(when: "while" | "after", ...flags: readonly string[]): number {
  const argv = ["--conditions=millrace-source", "--trace-turbo-inlining", ...flags, join(import.meta.dirname, "call-often.ts"), when];
  const told = execFileSync(process.execPath, argv, { encoding: "utf8", maxBuffer: 1 << 26 });
  return Number([...told.matchAll(/Budget used: \d+\/(\d+)/g)].at(-1)?.[1]);
}

test("V8 inlines more while it is asked to, and as much as ever afterwards", () => {
  expect([allowance("while"), allowance("after")]).toEqual([3_000, 920]);
});

test("a process that was started with an allowance of its own keeps it", () => {
  expect(allowance("while", "--max-inlined-bytecode-size-cumulative=1000")).toBe(1_000);
});
