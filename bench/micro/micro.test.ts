import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectAlike, sink, sunk } from "./sink.ts";

test("every micro bench still does its work, and both of its sides the same", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--conditions=millrace-source", join(import.meta.dirname, "run.ts"), "--once"], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  for (const name of ["async", "batch", "cep", "chain", "channel", "codec", "joins", "state", "timers", "window"]) {
    expect(stdout).toMatch(new RegExp(`^ran .*${name}: `, "m"));
  }
});

test("a side without results is not as good as one with them", () => {
  const before = sunk();
  sink("one");
  expect(() => expectAlike(sunk() - before, 0)).toThrow("1 results by the reference, 0 by the engine");
});
