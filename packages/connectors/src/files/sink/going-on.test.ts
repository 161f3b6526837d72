import { nodePorts } from "@millrace/core/node";
import { describe, expect, test } from "vitest";
import { filesBelow, visibleFiles, visibleLines } from "../../../test/output.ts";
import { checkpointOf, open, type Row, rowOf } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";

describe("fileSink", () => {
  test.each([
    ["files of a checkpoint", {}],
    ["files that stay open", { roll: { everyCheckpoint: false, bytes: 1 << 20 } }],
  ] as const)("whoever goes back to another checkpoint does not take what was written meanwhile for its output: %s", async (_name, options) => {
    const directory = temporaryDirectory();
    const before = await open<Row>(directory, options);
    await before.write(rowOf(0));
    const first = await before.prepare();
    before.complete(first);
    await before.commit(first);
    await before.writeAll([rowOf(1), rowOf(2)]);
    const second = await before.prepare();
    await before.close();
    // Two processes go on from the first, and the second one of them gets further.
    const idle = await open<Row>(directory, options, { restored: first });
    await idle.close();
    const other = await open<Row>(directory, options, { restored: first });
    await other.writeAll([rowOf(3), rowOf(4), rowOf(5)]);
    await other.finish();
    await expect(open<Row>(directory, options, { restored: second })).rejects.toMatchObject({ code: "SINK_COMMITTABLE_LOST" });
  });

  test("a run may have published more files than a call takes arguments", async () => {
    const directory = temporaryDirectory();
    const published = Array.from({ length: 200_000 }, (_, counter) => `part-run1-0-${String(counter).padStart(6, "0")}.jsonl`);
    const files = { ...nodePorts.files, list: async () => published };
    const driver = await open<Row>(directory, {}, { ports: { ...nodePorts, files } });
    await driver.write(rowOf(0));
    await driver.finish();
    expect(visibleFiles(directory)).toEqual(["part-run1-0-200000.jsonl"]);
  });

  test("a run that goes on accepts its own files", async () => {
    const directory = temporaryDirectory();
    const first = await open<Row>(directory);
    await first.write(rowOf(0));
    await first.checkpoint();
    await first.close();
    const second = await open<Row>(directory, {}, { restored: checkpointOf(first) });
    await second.finish();
    expect(visibleLines(directory).length).toBe(1);
  });

  test("files of subtasks that exist no more are cleared away", async () => {
    const directory = temporaryDirectory();
    const wide = await open<Row>(directory, {}, { parallelism: 3 });
    await wide.writeAll([rowOf(0), rowOf(1), rowOf(2)]);
    await wide.checkpoint();
    await wide.writeAll([rowOf(3), rowOf(4), rowOf(5)]);
    await wide.prepare();
    await wide.close();
    const narrow = await open<Row>(directory, {}, { parallelism: 1, restored: checkpointOf(wide) });
    expect(filesBelow(directory).filter((name) => name.includes("inprogress"))).toEqual([]);
    await narrow.finish();
    expect(visibleLines(directory).length).toBe(3);
  });
});
