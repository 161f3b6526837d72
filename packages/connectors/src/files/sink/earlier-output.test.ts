import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { FaultyFiles } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { filesBelow, visibleFiles } from "../../../test/output.ts";
import { open, type Row, rowOf, writtenBy } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";

describe("fileSink", () => {
  test("output of another run is refused, kept or removed as chosen, and strangers' files are never touched", async () => {
    const directory = temporaryDirectory();
    await writtenBy(directory, "old", [rowOf(0)], { partitionBy: () => "p" });
    mkdirSync(join(directory, "q"));
    for (const name of ["notes.txt", "part-of-something.jsonl", "q/other-old-0-000000.jsonl"]) writeFileSync(join(directory, name), "kept\n");
    await expect(open<Row>(directory, {}, { runId: "new" })).rejects.toMatchObject({
      code: "SINK_OUTPUT_EXISTS",
      message: expect.stringContaining("run old"),
    });
    await writtenBy(directory, "new", [rowOf(1)], { mode: "append" });
    expect(visibleFiles(directory)).toContain("p/part-old-0-000000.jsonl");
    const overwriting = await open<Row>(directory, {}, { runId: "newer", overwrite: true });
    await overwriting.finish();
    expect(filesBelow(directory)).toEqual(["notes.txt", "part-of-something.jsonl", "q/other-old-0-000000.jsonl"]);
  });

  test("links back up in the directory are not walked for ever, and no file counts twice", async () => {
    const directory = temporaryDirectory();
    await writtenBy(directory, "old", [rowOf(0)], { partitionBy: () => "p" });
    symlinkSync("..", join(directory, "p/up"));
    symlinkSync(".", join(directory, "self"));
    await writtenBy(directory, "new", [rowOf(1)], { mode: "overwrite" });
    expect(readdirSync(directory).sort()).toEqual([".part-sink", "p", "part-new-0-000000.jsonl", "self"]);
    expect(readdirSync(join(directory, "p"))).toEqual(["up"]);
  });

  test("what a start that died left of its look at the directory is in no other run's way", async () => {
    const directory = temporaryDirectory();
    const dying: FaultyFiles = new FaultyFiles(nodePorts.files, ({ kind }) => (kind === "remove" ? dying.die() : undefined));
    await expect(open<Row>(directory, {}, { runId: "old", ports: { ...nodePorts, files: dying } })).rejects.toThrow("killed");
    expect(filesBelow(directory)).toHaveLength(1);
    await writtenBy(directory, "new", [rowOf(1)]);
    expect(filesBelow(directory)).toEqual(["part-new-0-000000.jsonl"]);
  });

  test("what a run has not published is told from output, since nobody sees it", async () => {
    const directory = temporaryDirectory();
    const failed = await open<Row>(directory, {}, { runId: "failed" });
    await failed.write(rowOf(0));
    await failed.prepare();
    await failed.close();
    const refused = open<Row>(directory, {}, { runId: "new" });
    await expect(refused).rejects.toMatchObject({
      code: "SINK_OUTPUT_EXISTS",
      message: expect.stringContaining("hidden files that run failed has not published"),
      hint: expect.stringContaining("--overwrite"),
    });
  });
});
