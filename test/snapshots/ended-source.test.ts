import { join } from "node:path";
import { datagen, defineJob, discard, monotonousTimestamps } from "millrace";
import { inspectSnapshot, openSnapshot } from "millrace/state";
import { expect, it } from "vitest";
import { inDirectory, startNoted, until } from "../engine/support.ts";

async function watermarkIn(path: string): Promise<number> {
  const { operators } = await inspectSnapshot(await openSnapshot(path));
  return operators.find(({ uid }) => uid === "ticks")?.watermark as number;
}

it("the watermark of a source is not that of a subtask that has ended for want of splits", () =>
  inDirectory(async (directory) => {
    const ticks = defineJob("ticks", (env) => {
      env
        .from(datagen({ generate: (n) => n, ratePerSecond: 20_000 }), { uid: "ticks", watermarks: monotonousTimestamps((n) => n) })
        .to(discard(), { uid: "out" });
    });
    const taken = async (parallelism: number, from?: string) => {
      const { job } = await startNoted(ticks, join(directory, `${parallelism}`), { parallelism, ...(from !== undefined && { from }) });
      await until(() => (job.status().operators[0]?.recordsOut ?? 0) > 1_000);
      return (await job.stop({ savepoint: true })).savepoint?.path ?? "";
    };
    const first = await taken(1);
    expect(await watermarkIn(await taken(2, first))).toBeGreaterThan(await watermarkIn(first));
  }));
