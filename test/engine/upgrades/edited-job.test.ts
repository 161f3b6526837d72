import { cp } from "node:fs/promises";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import type { StartOptions } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { openSnapshotReader } from "../../../packages/snapshots/src/index.ts";
import { readings } from "../jobs.ts";
import { countOf, expectSame, inDirectory, published, slowed, startNoted, until } from "../support.ts";
import { ledgerJob } from "./ledger.ts";

const drop = ["accounts"];

/** Runs a version until it has taken some checkpoints, and stops it; false when it came to its end before. */
async function runSome(version: 1 | 2, directory: string, options: StartOptions): Promise<boolean> {
  const sink = slowed(fileSink<string>(join(directory, "out")), 8);
  const { job, events } = await startNoted(ledgerJob(version, input, sink), join(directory, "state"), {
    batchSize: 8,
    checkpointIntervalMs: 3,
    ...options,
  });
  let over = false;
  void job.finished.then(() => {
    over = true;
  });
  await until(() => over || countOf(events, "checkpointCompleted") > 2);
  return (await job.stop()).end === "stopped";
}

const input = readings(4_000, 7);

async function expected(directory: string): Promise<string[]> {
  const out = join(directory, "calm");
  await (await startNoted(ledgerJob(2, input, fileSink<string>(out)), join(directory, "calm-state"))).job.finished;
  return published<string>(out);
}

/** Records of a node in the last checkpoint: windows that nothing ends would stay for ever. */
async function recordsLeft(directory: string, uid: string): Promise<number> {
  const reader = await openSnapshotReader(nodePorts.files, join(directory, "state"), join(directory, "scratch"));
  let count = 0;
  for await (const records of reader.records(uid)) count += records.length;
  return count;
}

describe("a job that is edited between two runs", () => {
  for (const [before, after] of [
    [{ backend: "disk" }, { backend: "disk" }],
    [{ backend: "heap" }, { backend: "heap", parallelism: 3 }],
    [
      { backend: "disk", parallelism: 3 },
      { backend: "disk", parallelism: 2 },
    ],
    [
      { backend: "disk", parallelism: 2 },
      { backend: "heap", parallelism: 2 },
    ],
  ] as const satisfies readonly (readonly [StartOptions, StartOptions])[]) {
    it(`gives what its new version alone gives (${JSON.stringify(before)} → ${JSON.stringify(after)})`, { timeout: 60_000 }, () =>
      inDirectory(async (directory) => {
        expect(await runSome(1, directory, before)).toBe(true);
        expect(await runSome(2, directory, { ...after, allowDrop: drop })).toBe(true);
        // The checkpoints of the new version are its own: nothing is dropped any more.
        const { job, events } = await startNoted(ledgerJob(2, input, fileSink<string>(join(directory, "out"))), join(directory, "state"), after);
        await job.finished;
        expect(events.filter((event) => event.kind === "warning" && event.code === "STATE_MIGRATED")).toEqual([]);
        expectSame(await published<string>(join(directory, "out")), await expected(directory));
        for (const uid of ["sums", "sessions"]) expect(await recordsLeft(directory, uid)).toBe(0);
      }),
    );
  }
});

describe("an upgrade with savepoints", () => {
  it("goes to the new version at another parallelism, and back to the old one from the first savepoint", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const [out, kept] = [join(directory, "out"), join(directory, "kept")];
      const stateDir = join(directory, "state");
      const { job, events } = await startNoted(ledgerJob(1, input, slowed(fileSink<string>(out), 8)), stateDir, {
        batchSize: 8,
        checkpointIntervalMs: 3,
      });
      await until(() => countOf(events, "checkpointCompleted") > 2);
      const { end, savepoint } = await job.stop({ savepoint: join(directory, "before") });
      expect(end).toBe("savepoint");
      await cp(out, kept, { recursive: true });

      const from = savepoint?.path ?? "";
      const next = await startNoted(ledgerJob(2, input, fileSink<string>(out)), stateDir, { from, parallelism: 3, allowDrop: drop });
      expect((await next.job.finished).end).toBe("finished");
      expect(next.events.filter((event) => event.kind === "warning" && event.code === "STATE_MIGRATED").length).toBeGreaterThan(3);
      expectSame(await published<string>(out), await expected(directory));

      const back = await startNoted(ledgerJob(1, input, fileSink<string>(kept)), stateDir, { from, parallelism: 2 });
      expect((await back.job.finished).end).toBe("finished");
      expect(
        countOf(back.events, "warning") - back.events.filter((event) => event.kind === "warning" && event.code === "RESTORE_OUTPUT_STAYS").length,
      ).toBe(0);
      const calm = join(directory, "calm-1");
      await (await startNoted(ledgerJob(1, input, fileSink<string>(calm)), join(directory, "calm-1-state"))).job.finished;
      expectSame(await published<string>(kept), await published<string>(calm));
    }),
  );
});
