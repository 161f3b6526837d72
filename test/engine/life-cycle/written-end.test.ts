import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { datagen, defineJob, discard, t } from "millrace";
import { expect, it } from "vitest";
import { inDirectory, renaming, startNoted, until } from "../support.ts";

/** Numbers without an end, counted by key. */
function endless() {
  return defineJob("endless", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 5_000 }), { uid: "numbers" })
      .keyBy((n) => n % 10)
      .reduce((a, b) => a + b, { uid: "sums", codec: t.number() })
      .to(discard(), { uid: "out" });
  });
}

it("the end of a run is written down though the ids that are left can't be given back", { timeout: 15_000 }, () =>
  inDirectory(async (directory) => {
    let ends = false;
    const files = renaming(nodePorts.files, async (_from, to) => {
      if (ends && to.endsWith("/checkpoint-ids.json")) throw Object.assign(new Error("i/o"), { code: "EIO" });
    });
    const stateDir = join(directory, "state");
    const { job, events } = await startNoted(endless(), stateDir, { ports: { ...nodePorts, files }, checkpointIntervalMs: 600_000 });
    await until(() => job.status().state === "running");
    job.on((event) => {
      if (event.kind === "savepointCompleted") ends = true;
    });
    expect((await job.stop({ savepoint: true })).end).toBe("savepoint");
    const next = await startNoted(endless(), stateDir);
    const { resumedFrom } = next.job;
    await next.job.cancel();
    expect({ resumedFrom, warnings: events.filter(({ kind }) => kind === "warning") }).toMatchObject({ resumedFrom: undefined });
  }),
);
