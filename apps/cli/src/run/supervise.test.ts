import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { FakeIo } from "../../test/fake-io.ts";
import { RunBegun } from "./run-begun.ts";
import { supervise } from "./supervise.ts";

/** The first process dies of a signal, a second one says that it was started. */
const dyingOnce = (directory: string): string => `
const { existsSync, writeFileSync } = require("node:fs");
process.chdir(${JSON.stringify(directory)});
if (existsSync("first")) writeFileSync("second", "");
else {
  writeFileSync("first", "");
  process.kill(process.pid, "SIGKILL");
}
`;

it("a signal that comes while the history of runs is being read, before a process is started again, is heard", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-supervise-"));
  const script = join(directory, "run.cjs");
  await writeFile(script, dyingOnce(directory));
  const io = new FakeIo();
  vi.spyOn(RunBegun.prototype, "ask").mockImplementation(async () => {
    io.signal("SIGTERM");
    return true;
  });
  const own = process.argv[1] as string;
  process.argv[1] = script;
  try {
    expect(await supervise(io, { job: "job.ts", options: [] })).toBe(143);
    expect(existsSync(join(directory, "second"))).toBe(false);
  } finally {
    process.argv[1] = own;
    vi.restoreAllMocks();
    await rm(directory, { recursive: true });
  }
});
