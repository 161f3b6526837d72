import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

describe("pnpm differential", () => {
  it.each([
    [["--nope"], "Unknown option '--nope'"],
    [["--rounds", "0"], '--rounds takes a whole number from 1 on, not "0"'],
    [["--seed="], '--seed takes a whole number, not ""'],
    [["--kinds", "valve,async", "--variations", "job"], "nothing is left to run: valve, async cannot be run as job"],
  ])("refuses %j", async (words, message) => {
    const { code, err } = await run("differential/differential.ts", words);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).toContain("pnpm differential [--rounds 1000]");
  });
});

/** A script, as pnpm starts it. */
function run(script: string, words: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ["--conditions=millrace-source", `scripts/${script}`, ...words], { cwd: root }, (error, out, err) => {
      done({ code: error?.code ?? 0, out, err });
    });
  });
}
