import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { inspectSnapshot, openSnapshotReader } from "@millrace/snapshots";
import { boundedOutOfOrderness, datagen, defineJob } from "millrace";
import { fileSink } from "millrace/files";
import { describe, expect, it } from "vitest";
import { type Reading, readings } from "../engine/jobs.ts";
import { joinBranches, joinOracles } from "../engine/simulated-branches.ts";
import { countOf, expectSame, inDirectory, published, startNoted, until } from "../engine/support.ts";

const input = readings(4000, 17);

/** Each key tells in the end the highest low value of each sensor, which all subtasks hold; early watermarks show in operator state. */
function highest(out: string, held: boolean) {
  return defineJob("highest", (env) => {
    const read = datagen({ generate: (n: number) => input[n] as Reading, count: input.length, ratePerSecond: held ? 150 : 50_000 });
    const all = env.from(read, { uid: "in" }).assignTimestampsAndWatermarks(
      boundedOutOfOrderness(10_000, (one) => one.at),
      { uid: "times" },
    );
    const [told] = joinBranches.broadcast(all);
    told?.to(fileSink<string>(out), { uid: "out" });
  });
}

const high = new Map<unknown, number>();
for (const { sensor, value } of input) if (value < 40) high.set(sensor, Math.max(value, high.get(sensor) ?? 0));

describe("state that belongs to no key", () => {
  it("is the same in all subtasks, is read from a snapshot, and outlives changes of parallelism from 1 to 3 to 2", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const [out, stateDir] = [join(directory, "out"), join(directory, "state")];
      let seen = 0;
      for (const parallelism of [1, 3, 2]) {
        const { job, events } = await startNoted(highest(out, true), stateDir, { parallelism, checkpointIntervalMs: 20 });
        await until(() => countOf(events, "checkpointCompleted") > 3);
        const { path } = await job.savepoint();
        expect((await job.stop()).end).toBe("stopped");

        const reader = await openSnapshotReader(nodePorts.files, path, join(directory, "scratch"));
        const copies = reader.operator("broadcast").subtasks.map(({ operatorState }) => JSON.stringify(operatorState));
        expect(copies).toHaveLength(parallelism);
        expect(new Set(copies).size).toBe(1);
        const entries = reader.operatorEntries({ uid: "broadcast" });
        expect(entries.length).toBeGreaterThan(0);
        for (const { state, kind, mapKey, value } of entries) {
          expect([state, kind]).toEqual(["highest", "broadcast"]);
          expect(value).toBeLessThanOrEqual(high.get(mapKey) ?? Number.NaN);
        }
        const sum = entries.reduce((total, { value }) => total + Number(value), 0);
        expect(sum).toBeGreaterThanOrEqual(seen);
        seen = sum;

        expect(reader.operatorStates("times")).toMatchObject([{ name: "items", kind: "list" }]);
        expect(reader.operatorEntries({ uid: "times" }).map(({ subtask }) => subtask)).toEqual([...Array(parallelism).keys()]);
        const found = await inspectSnapshot(reader);
        expect(found.damage).toEqual([]);
        expect(found.operators.find(({ uid }) => uid === "broadcast")?.operatorStates).toMatchObject([{ name: "highest", entries: entries.length }]);
      }
      await (await startNoted(highest(out, false), stateDir, { parallelism: 3 })).job.finished;
      expectSame(await published<string>(out), joinOracles.broadcast(input));
    }),
  );
});
