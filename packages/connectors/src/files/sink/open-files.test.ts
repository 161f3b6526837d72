import { readFileSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver, type SinkDriverOptions } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { filesBelow, visibleLines } from "../../../test/output.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { fileSink } from "./file-sink.ts";

const open = (directory: string, options: Partial<SinkDriverOptions> = {}): Promise<SinkDriver<number>> =>
  SinkDriver.open(fileSink<number>(directory, { roll: { everyCheckpoint: false, bytes: 1000 } }), { ports: nodePorts, ...options });

/** A run whose checkpoint has an open file with 1 and 2 in it; 3 was written after. */
async function interrupted(directory: string, parallelism = 1) {
  const driver = await open(directory, { parallelism });
  await driver.writeAll([1, 2]);
  await driver.checkpoint();
  await driver.write(3);
  await driver.prepare();
  await driver.close();
  if (driver.completed === undefined) throw new Error("the checkpoint is complete");
  return driver.completed;
}

const hidden = (directory: string): string => join(directory, ".part-run1-0-000000.jsonl.inprogress");

describe("a file that stays open across checkpoints", () => {
  test("is cut to the length of the restored checkpoint, and published with the next one", async () => {
    const directory = temporaryDirectory();
    const restored = await interrupted(directory);
    expect(readFileSync(hidden(directory), "utf8")).toBe("1\n2\n3\n");
    const driver = await open(directory, { restored });
    await driver.write(4);
    await driver.checkpoint();
    expect(visibleLines(directory)).toEqual(["1", "2"]);
    await driver.write(5);
    await driver.finish();
    expect(filesBelow(directory)).toEqual(["part-run1-0-000000.jsonl", "part-run1-0-000001.jsonl"]);
    expect(visibleLines(directory)).toEqual(["1", "2", "4", "5"]);
  });

  test("is finished by another subtask when its own is gone", async () => {
    const directory = temporaryDirectory();
    const driver = await open(directory, { parallelism: 1, restored: await interrupted(directory, 2) });
    await driver.write(4);
    await driver.finish();
    expect(visibleLines(directory).toSorted()).toEqual(["1", "2", "4"]);
    expect(filesBelow(directory).filter((name) => name.includes("inprogress"))).toEqual([]);
  });

  test("is copied when another run starts from the checkpoint, so that the first can go on", async () => {
    const directory = temporaryDirectory();
    const restored = await interrupted(directory);
    const other = await open(directory, { restored, runId: "run2" });
    await other.write(4);
    await other.finish();
    expect(visibleLines(directory)).toEqual(["1", "2", "4"]);
    expect(readFileSync(hidden(directory), "utf8")).toBe("1\n2\n3\n");
  });

  test("is not looked for when a later checkpoint has published it", async () => {
    const directory = temporaryDirectory();
    const restored = await interrupted(directory);
    renameSync(hidden(directory), join(directory, "part-run1-0-000000.jsonl"));
    const driver = await open(directory, { restored });
    await driver.write(4);
    await driver.finish();
    expect(visibleLines(directory)).toEqual(["1", "2", "3", "4"]);
  });

  test("is named to another run that starts from the checkpoint when it was published with more in it, and from where on", async () => {
    const directory = temporaryDirectory();
    const restored = await interrupted(directory);
    const context = { ports: nodePorts, jobName: "job", runId: "run2", ancestorRunIds: ["run1"], uid: "sink", subtask: 0, parallelism: 1 };
    const since = () =>
      fileSink<number>(directory).publishedSince?.(
        { ...context, resumed: false, overwrite: false, checkpointIntervalMs: undefined },
        restored.states.flat(),
      );
    expect(await since()).toEqual([]);
    const published = join(directory, "part-run1-0-000000.jsonl");
    renameSync(hidden(directory), published);
    expect(await since()).toEqual([`${published} from byte 4 on`]);
    truncateSync(published, 4);
    expect(await since()).toEqual([]);
    const other = await open(directory, { restored, runId: "run2", ancestorRunIds: ["run1"] });
    await other.write(3);
    await other.finish();
    expect(visibleLines(directory)).toEqual(["1", "2", "3"]);
  });

  test.each([
    ["gone", (path: string) => rmSync(path)],
    ["shorter than the checkpoint counts", (path: string) => truncateSync(path, 1)],
  ])("is a loud error when it is %s", async (_, damage) => {
    const directory = temporaryDirectory();
    const restored = await interrupted(directory);
    damage(hidden(directory));
    await expect(open(directory, { restored })).rejects.toMatchObject({ code: "SINK_COMMITTABLE_LOST" });
  });
});
