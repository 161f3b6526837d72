import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { describe, expect, test } from "vitest";
import { ManualTime } from "../../../test/manual-time.ts";
import { filesBelow, visibleFiles } from "../../../test/output.ts";
import { open, type Row, rowOf } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";

describe("fileSink", () => {
  test("files are hidden until their checkpoint is complete, and named by run, subtask and counter", async () => {
    const directory = temporaryDirectory();
    const driver = await open<Row>(directory, {}, { parallelism: 2 });
    await driver.writeAll([rowOf(0), rowOf(1), rowOf(2)]);
    const checkpoint = await driver.prepare();
    expect(visibleFiles(directory)).toEqual([]);
    expect(filesBelow(directory)).toEqual([".part-run1-0-000000.jsonl.inprogress", ".part-run1-1-000000.jsonl.inprogress"]);
    await driver.commit(checkpoint);
    expect(filesBelow(directory)).toEqual(["part-run1-0-000000.jsonl", "part-run1-1-000000.jsonl"]);
    await driver.finish();
  });

  test("a file ends at its size and at its age, and is published with the next checkpoint", async () => {
    const directory = temporaryDirectory();
    const time = new ManualTime();
    const ports = { ...nodePorts, clock: time };
    const driver = await open<string>(directory, { roll: { bytes: 10, ageMs: 5000 } }, { ports });
    await driver.writeAll(["aaaaaaaaa", "b"]);
    time.advance(5000);
    await driver.write("c");
    expect(visibleFiles(directory)).toEqual([]);
    await driver.finish();
    expect(visibleFiles(directory).map((name) => readFileSync(join(directory, name), "utf8"))).toEqual(['"aaaaaaaaa"\n', '"b"\n', '"c"\n']);
  });

  test("a prepared file that is gone or cut is a loud error, and a published one that a reader changed is not", async () => {
    const directory = temporaryDirectory();
    const driver = await open<Row>(directory);
    await driver.write(rowOf(0));
    const checkpoint = await driver.prepare();
    const hidden = join(directory, ".part-run1-0-000000.jsonl.inprogress");
    writeFileSync(hidden, "");
    await expect(driver.commit(checkpoint)).rejects.toMatchObject({ code: "SINK_COMMITTABLE_LOST" });
    rmSync(hidden);
    await expect(driver.commit(checkpoint)).rejects.toMatchObject({ code: "SINK_COMMITTABLE_LOST" });
    writeFileSync(join(directory, "part-run1-0-000000.jsonl"), "changed");
    await driver.commit(checkpoint);
    await driver.close();
  });
});
