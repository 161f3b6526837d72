import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

describe("pnpm sim", () => {
  it.each([
    [["--seeds", "0"], "1 is the least"],
    [["--workers", "0"], "1 is the least"],
    [["--seed", "1", "--canaries"], "option '--canaries' cannot be used with option '--seed <seed>'"],
    [["--seed", "1", "--seeds", "5"], "option '--seed <seed>' cannot be used with option '--seeds <count>'"],
    [["--canary", "none"], "there is no canary none"],
  ])("refuses %j", (words, message) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=millrace-source", main, ...words], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain("Usage: sim [options]");
  });
});
