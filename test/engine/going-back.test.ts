import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { datagen, defineJob, type JobDefinition, type Sink, t } from "millrace";
import { fileSink } from "millrace/files";
import { FaultyFiles, type FileOperation, fault } from "millrace/testing";
import { expect, it } from "vitest";
import { countOf, inDirectory, startNoted, until } from "./support.ts";

function totals(sink: Sink<number>): JobDefinition {
  return defineJob("totals", (env) => {
    env
      .from(datagen({ generate: (n: number) => n, ratePerSecond: 2_000 }), { uid: "numbers" })
      .keyBy(() => 0)
      .reduce((a, b) => a + b, { uid: "totals", codec: t.integer() })
      .to(sink, { uid: "out" });
  });
}

it("a run that went back to an older checkpoint and failed before its next goes on from that one", () =>
  inDirectory(async (directory) => {
    const stateDir = join(directory, "state");
    // Files stay open over checkpoints: a restore of one removes what a later one would go on with.
    const sink = (): Sink<number> => fileSink<number>(join(directory, "out"), { roll: { everyCheckpoint: false, bytes: 300 } });
    const options = { retained: 100, restart: { kind: "none" } } as const;
    const first = await startNoted(totals(sink()), stateDir, options);
    await until(() => countOf(first.events, "checkpointCompleted") > 20);
    await first.job.stop();
    const [, , , back] = first.events.flatMap((event) => (event.kind === "checkpointCompleted" ? [event.checkpointId] : []));
    const writes = ({ kind, path }: FileOperation) => kind === "handle.write" && path.includes("/checkpoints/");
    const files = new FaultyFiles(nodePorts.files, (operation) => (writes(operation) ? fault("ENOSPC", "no space left on device") : undefined));
    const failing = { ...options, ports: { ...nodePorts, files }, tolerableFailures: 0 };
    const second = await startNoted(totals(sink()), stateDir, { ...failing, from: `chk-${back}` });
    await expect(second.job.finished).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
    for (const _ of [1, 2]) {
      const again = await startNoted(totals(sink()), stateDir, failing);
      expect(again.job.resumedFrom).toBe(back);
      await expect(again.job.finished).rejects.toMatchObject({ code: "CHECKPOINT_ABORTED" });
    }
    const third = await startNoted(totals(sink()), stateDir, options);
    await until(() => countOf(third.events, "checkpointCompleted") > 1);
    const { checkpointId } = await third.job.stop();
    const fourth = await startNoted(totals(sink()), stateDir, options);
    expect(fourth.job.resumedFrom).toBe(checkpointId);
    await fourth.job.cancel();
  }));
