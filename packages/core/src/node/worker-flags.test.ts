import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { workerFlags } from "./worker-flags.ts";

test("keeps the flags that decide how modules are found, in both spellings", () => {
  const flags = ["--conditions=a", "-C", "b", "--import", "./hook.js", "--no-warnings", "--enable-source-maps"];
  expect(workerFlags(flags)).toEqual(flags);
});

test("leaves out what holds for the whole process, and a value that is missing", () => {
  expect(workerFlags(["--expose-gc", "--max-old-space-size=100", "--inspect=0", "--cpu-prof", "--conditions=a", "--import"])).toEqual([
    "--conditions=a",
  ]);
});

test("gives flags that Node starts a thread with", async () => {
  const execArgv = workerFlags(["--expose-gc", "--max-old-space-size=100", "--stack-size=900", "--conditions=a", "--no-warnings"]);
  const worker = new Worker("", { eval: true, execArgv });
  await new Promise((resolve, reject) => {
    worker.once("exit", resolve);
    worker.once("error", reject);
  });
});
