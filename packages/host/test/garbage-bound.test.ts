import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const gibibyte = 2 ** 30;

/** In a process of its own: the bound holds for all of it. */
function mostOfHeap(memoryBytes: number): number {
  const argv = ["--conditions=millrace-source", join(import.meta.dirname, "make-garbage.ts"), String(memoryBytes)];
  return Number(execFileSync(process.execPath, argv, { encoding: "utf8" }));
}

test("near its bound a process holds less garbage than far from it", () => {
  const near = mostOfHeap(gibibyte / 16);
  const far = mostOfHeap(1024 * gibibyte);
  expect(near).toBeLessThan(far * 0.75);
});
