import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { filesBelow, visibleFiles, visibleLines } from "../../../test/output.ts";
import { open } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { fileSink } from "./file-sink.ts";

describe("fileSink", () => {
  test("more partitions than files may be open are written all the same", async () => {
    const directory = temporaryDirectory();
    const driver = await open<number>(directory, { partitionBy: (n) => `p${n % 100}` });
    for (let n = 0; n < 300; n++) await driver.write(n);
    await driver.finish();
    expect(
      visibleLines(directory)
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  test("no partition leaves the directory or hides in it", async () => {
    const directory = join(temporaryDirectory(), "a", "b");
    const names = ["../../up", "/etc", ".hidden", "_tmp", "a//b", "x\u0000y", "tag:é/1", ".."];
    await SinkDriver.open(fileSink<string>(directory, { partitionBy: (name) => name }), { ports: nodePorts }).then(async (driver) => {
      await driver.writeAll(names);
      await driver.finish();
    });
    expect(
      visibleLines(directory)
        .map((line) => JSON.parse(line) as string)
        .toSorted(),
    ).toEqual(names.toSorted());
    expect(filesBelow(join(directory, "..", ".."))).toEqual(visibleFiles(directory).map((name) => `a/b/${name}`));
    const driver = await open<string>(join(directory, "long"), { partitionBy: (name) => name });
    await expect(driver.write("x".repeat(300))).rejects.toMatchObject({ code: "SINK_PARTITION" });
    await driver.close();
  });
});
