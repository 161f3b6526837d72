import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { visibleFiles, visibleLines } from "../../../test/output.ts";
import { checkpointOf, open, type Row, rowOf, writtenBy } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { fileSink } from "./file-sink.ts";

describe("fileSink", () => {
  test("a sink leaves the files of one whose directory is in its own alone, whether its job is the same or another", async () => {
    const directory = temporaryDirectory();
    const below = join(directory, "late");
    const onBelow = fileSink<Row>(below, { roll: { everyCheckpoint: false, bytes: 1 << 20 } });
    const lates = await SinkDriver.open(onBelow, { ports: nodePorts });
    await lates.write(rowOf(1));
    await lates.checkpoint();
    await lates.close();
    await writtenBy(directory, "run1", [rowOf(2)]);
    const again = await SinkDriver.open(onBelow, { ports: nodePorts, restored: checkpointOf(lates) });
    await again.finish();
    expect(visibleLines(below)).toEqual([JSON.stringify(rowOf(1))]);
    await writtenBy(directory, "run2", [rowOf(3)], { mode: "overwrite" });
    expect(visibleFiles(directory)).toEqual(["late/part-run1-0-000000.jsonl", "part-run2-0-000000.jsonl"]);
  });

  test("a partition that is another sink's directory is refused", async () => {
    const directory = temporaryDirectory();
    await writtenBy(join(directory, "a"), "other", [rowOf(0)]);
    const driver = await open<Row>(directory, { partitionBy: () => "a/b" });
    await driver.write(rowOf(1));
    await expect(driver.prepare()).rejects.toMatchObject({ code: "SINK_PARTITION" });
    await driver.close();
  });

  test("a start that is refused marks nothing: the directory may be a partition of a sink that runs", async () => {
    const lake = temporaryDirectory();
    const running = await SinkDriver.open(fileSink<number>(lake, { partitionBy: () => "day=1" }), { ports: nodePorts, runId: "running" });
    await running.write(1);
    await running.checkpoint();
    const refused = SinkDriver.open(fileSink<number>(join(lake, "day=1")), { ports: nodePorts, runId: "refused" });
    await expect(refused).rejects.toMatchObject({ code: "SINK_OUTPUT_EXISTS" });
    await running.write(2);
    await running.finish();
    expect(visibleLines(lake)).toEqual(["1", "2"]);
  });
});
