import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import type { JobDefinition, Sink, StartOptions } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, slowed, startNoted, until } from "../engine/support.ts";
import { type Fixture, fixtureJobs, fixtureName, fixtures, upgradedLedger } from "./fixture-jobs.ts";

// Savepoints of every released format are restored for ever. With MILLRACE_WRITE_FIXTURES=1 those that are missing are
// written by this version, next to what their job had published by then; those that are there are never changed.

const folder = join(import.meta.dirname, "fixtures");

async function write(fixture: Fixture): Promise<void> {
  const target = join(folder, fixtureName(fixture));
  const savepoint = join(target, "savepoint");
  // It stands in the plan, and with it in the savepoint: relative, so that it names no machine.
  const out = relative(process.cwd(), join(target, "published"));
  await mkdir(target, { recursive: true });
  await inDirectory(async (directory) => {
    const sink = slowed(fileSink<string>(out), 12);
    const { job, events } = await startNoted(jobOf(fixture)(sink), join(directory, "state"), { ...fixture, batchSize: 4, checkpointIntervalMs: 20 });
    await until(() => countOf(events, "checkpointCompleted") > 1);
    expect((await job.stop({ savepoint })).end).toBe("savepoint");
    expect((await published<string>(out)).length).toBeGreaterThan(50);
    // Files that were begun and hold nothing.
    for (const name of await readdir(out)) if (name.startsWith(".")) await rm(join(out, name));
  }).catch(async (error: unknown) => {
    await rm(target, { recursive: true, force: true });
    throw error;
  });
}

function jobOf({ job }: Fixture): (sink: Sink<string>) => JobDefinition {
  const build = fixtureJobs[job];
  if (build === undefined) throw new Error(`no job ${job}`);
  return build;
}

async function runToEnd(
  build: (sink: Sink<string>) => JobDefinition,
  directory: string,
  name: string,
  options: StartOptions = {},
): Promise<string[]> {
  const out = join(directory, name);
  const { job } = await startNoted(build(fileSink<string>(out)), join(directory, `${name}-state`), options);
  expect((await job.finished).end).toBe("finished");
  return published<string>(out);
}

describe("a savepoint that was written long ago", () => {
  for (const fixture of fixtures) {
    const name = fixtureName(fixture);
    const kept = join(folder, name);
    const from = join(kept, "savepoint");
    if (process.env.MILLRACE_WRITE_FIXTURES === "1" && !existsSync(kept)) it(`is written: ${name}`, () => write(fixture));

    const goesOn = (build: (sink: Sink<string>) => JobDefinition, options: StartOptions) =>
      inDirectory(async (directory) => {
        await cp(join(kept, "published"), join(directory, "out"), { recursive: true });
        const before = (await published<string>(join(directory, "out"))).length;
        const lines = await runToEnd(build, directory, "out", { from, ...options });
        expect(lines.length).toBeGreaterThan(before + 100);
        expectSame(lines, await runToEnd(build, directory, "calm"));
      });

    for (const options of [
      { backend: "disk", parallelism: 1 },
      { backend: "heap", parallelism: 3 },
    ] as const) {
      it(`goes on as if nothing had been: ${name}, ${options.backend}, parallelism ${options.parallelism}`, () => goesOn(jobOf(fixture), options));
    }
    if (fixture.job !== "ledger") continue;
    it(`is restored into a job that was edited since: ${name}`, () => goesOn(upgradedLedger, { allowDrop: ["accounts"], parallelism: 2 }));
  }
});
