import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runTool } from "../run-tool.ts";

describe("pnpm differential", () => {
  it.each([
    [["--nope"], "Unknown option '--nope'"],
    [["--rounds", "0"], "--rounds takes a whole number from 1, not 0"],
    [["--seed="], "--seed takes a whole number, not nothing"],
    [["--kinds", "valve,async", "--variations", "job"], "nothing is left to run: valve, async cannot be run as job"],
  ])("refuses %j", async (words, message) => {
    const { code, err } = await runTool("scripts/differential/differential.ts", words);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).toContain("pnpm differential [--rounds 1000]");
  });
});

describe("pnpm semantics", () => {
  const scratch = mkdtempSync(join(tmpdir(), "millrace-semantics-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  const valves = "test/semantics/cases/valve.jsonl.gz";

  it.each([
    ["bad.jsonl", "\nnull\n", "bad.jsonl:2: no case"],
    ["empty.jsonl", "", "empty.jsonl holds no case: nothing was run"],
    ["false.jsonl.gz", "{}", "false.jsonl.gz cannot be read: incorrect header check"],
  ])("refuses %s, and runs none of the others", async (name, text, message) => {
    const file = join(scratch, name);
    writeFileSync(file, text);
    const { code, out, err } = await runTool("scripts/semantics.ts", [valves, file]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });

  it("says that nothing was run when no case can be a job", async () => {
    const { code, out, err } = await runTool("scripts/semantics.ts", [valves, "--variation", "job"]);
    expect(code).toBe(2);
    expect(out).toMatch(/^valve \(job\): \d+ not run, a part of a task's gate/);
    expect(err).toContain("nothing was run");
  });
});
