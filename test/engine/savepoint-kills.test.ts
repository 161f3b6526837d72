import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { MillraceError } from "@millrace/core";
import { collect } from "millrace";
import { fileSink } from "millrace/files";
import { openSnapshot } from "millrace/state";
import { describe, expect, it } from "vitest";
import { everythingJob, readings } from "./jobs.ts";
import { expectSame, inDirectory, pause, published, startNoted, until } from "./support.ts";

const victim = join(import.meta.dirname, "savepoint-victim.ts");
const input = readings(20_000, 11);

/** Kills the victim a little after so many savepoints have been begun in this run. True: it had not ended by itself. */
async function killed(directory: string, begun: number, afterMs: number, from?: string): Promise<boolean> {
  const before = (await savepoints(directory)).length;
  const argv = ["--conditions=millrace-source", victim, directory, ...(from === undefined ? [] : [from])];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let over = false;
  void exited.then(() => {
    over = true;
  });
  await until(async () => over || (await savepoints(directory)).length >= before + begun);
  await pause(afterMs);
  child.kill("SIGKILL");
  return (await exited) === null;
}

async function savepoints(directory: string): Promise<readonly string[]> {
  return (await readdir(join(directory, "state", "savepoints")).catch(() => [])).filter((name) => /^sp-\d+$/.test(name));
}

describe("a job that is killed while it takes savepoints", () => {
  it("leaves them whole or not finished, resumes to the exact results, and so does a restore that is killed, too", { timeout: 120_000 }, () =>
    inDirectory(async (directory) => {
      for (const [begun, afterMs] of [
        [1, 0],
        [2, 3],
        [1, 8],
        [2, 15],
      ] as const) {
        expect(await killed(directory, begun, afterMs)).toBe(true);
      }
      const whole: string[] = [];
      for (const name of await savepoints(directory)) {
        const path = join(directory, "state", "savepoints", name);
        const error = await openSnapshot(path).then(
          (snapshot) => snapshot.files.verify(),
          (reason: unknown) => reason,
        );
        if (error === undefined) whole.push(path);
        else expect((error as MillraceError).code).toMatch(/^(SAVEPOINT_INCOMPLETE|SNAPSHOT_NONE)$/);
      }
      expect(whole.length).toBeGreaterThan(0);
      const out = join(directory, "out");
      await (await startNoted(everythingJob(input, fileSink<string>(out)), join(directory, "state"), { parallelism: 3 })).job.finished;
      const calm = collect<string>();
      await (await startNoted(everythingJob(input, calm), join(directory, "calm"))).job.finished;
      expectSame(await published<string>(out), calm.values);

      // From the first of them, killed again on the way: what came after it comes once more, and nothing else does.
      const before = await published<string>(out);
      expect(await killed(directory, 1, 5, whole[0])).toBe(true);
      const { job, events } = await startNoted(everythingJob(input, fileSink<string>(out)), join(directory, "state"), { parallelism: 1 });
      expect(events).toContainEqual(expect.objectContaining({ kind: "resumed" }));
      await job.finished;
      const after = await published<string>(out);
      expect(after.length).toBeGreaterThan(before.length);
      expect(after.length).toBeLessThan(before.length * 2);
      expect(new Set(after)).toEqual(new Set(calm.values));
    }),
  );
});
