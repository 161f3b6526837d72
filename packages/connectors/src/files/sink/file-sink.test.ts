import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { FaultyFiles, SinkDriver, type SinkDriverOptions } from "@millrace/testkit/drivers";
import { type SinkCase, sinkSuite } from "@millrace/testkit/suites";
import { describe, expect, test } from "vitest";
import { ManualTime } from "../../../test/manual-time.ts";
import { filesBelow, visibleFiles, visibleLines } from "../../../test/output.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { type FileSinkOptions, fileSink } from "./file-sink.ts";

interface Row {
  readonly n: number;
  readonly text: string;
}

const rowOf = (n: number): Row => ({ n, text: `é "${n}", ${"x".repeat(n % 5)}` });

function suiteCase(options: FileSinkOptions<Row>, parse: (lines: readonly string[]) => readonly Row[]): () => Promise<SinkCase<Row>> {
  return async () => {
    const directory = join(temporaryDirectory(), "out");
    const sink = fileSink<Row>(directory, options);
    let files = new FaultyFiles(nodePorts.files);
    return {
      guarantee: sink.guarantee,
      sink,
      ports: () => {
        files = new FaultyFiles(nodePorts.files);
        return { ...nodePorts, files };
      },
      kill: () => files.kill(),
      visible: async () => parse(visibleLines(directory)),
      valueOf: rowOf,
    };
  };
}

const parseJson = (lines: readonly string[]): readonly Row[] => lines.map((line) => JSON.parse(line) as Row);
const parseCsv = (lines: readonly string[]): readonly Row[] =>
  lines.filter((line) => line !== "n,text").map((line) => rowOf(Number.parseInt(line, 10)));

sinkSuite("fileSink of JSON lines", suiteCase({}, parseJson));
sinkSuite("fileSink of CSV", suiteCase({ format: "csv" }, parseCsv));
sinkSuite("fileSink with partitions and a small size of files", suiteCase({ partitionBy: ({ n }) => `p=${n % 3}`, roll: { bytes: 60 } }, parseJson));

async function open<T>(directory: string, options: FileSinkOptions<T> = {}, driverOptions: Partial<SinkDriverOptions> = {}): Promise<SinkDriver<T>> {
  return SinkDriver.open(fileSink<T>(directory, options), { ports: nodePorts, ...driverOptions });
}

async function writtenBy(directory: string, runId: string, values: readonly Row[], options: FileSinkOptions<Row> = {}): Promise<void> {
  const driver = await open(directory, options, { runId });
  await driver.writeAll(values);
  await driver.finish();
}

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

  test("a CSV file has a header, and the columns given in their order", async () => {
    const directory = temporaryDirectory();
    await writtenBy(directory, "r", [rowOf(3)], { format: "csv", columns: ["text", "n"] });
    expect(readFileSync(join(directory, "part-r-0-000000.csv"), "utf8")).toBe('text,n\n"é ""3"", xxx",3\n');
  });

  test("columns of the first record hold after a restart", async () => {
    const directory = temporaryDirectory();
    const first = await open<Partial<Row>>(directory, { format: "csv" });
    await first.write({ n: 1, text: "a" });
    await first.checkpoint();
    await first.close();
    const second = await open<Partial<Row>>(directory, { format: "csv" }, { restored: checkpointOf(first) });
    await second.write({ text: "b" });
    await second.finish();
    expect(visibleLines(directory)).toEqual(["n,text", "1,a", "n,text", ",b"]);
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

  test("what a start that died left of its look at the directory is in no other run's way", async () => {
    const directory = temporaryDirectory();
    const dying: FaultyFiles = new FaultyFiles(nodePorts.files, ({ kind }) => (kind === "remove" ? dying.die() : undefined));
    await expect(open<Row>(directory, {}, { runId: "old", ports: { ...nodePorts, files: dying } })).rejects.toThrow("killed");
    expect(filesBelow(directory)).toHaveLength(1);
    await writtenBy(directory, "new", [rowOf(1)]);
    expect(filesBelow(directory)).toEqual(["part-new-0-000000.jsonl"]);
  });

  test("its place is its directory and its prefix, in whichever format", () => {
    const { place } = fileSink("out");
    expect(place).toBe("out/part-*");
    expect(fileSink("./out/", { format: "csv" }).place).toBe(place);
    expect(fileSink("out", { prefix: "late" }).place).not.toBe(place);
    expect(fileSink("out/late").place).not.toBe(place);
  });

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

  test("senseless options are refused when the job is built", () => {
    expect(() => fileSink("")).toThrow("a directory is needed");
    expect(() => fileSink("never-made", { mode: "apend" as "append" })).toThrow(
      'the mode of a file sink must be "refuse", "overwrite" or "append", not "apend"',
    );
    expect(() => fileSink("never-made", { format: "CSV" as "csv" })).toThrow('"jsonLines" or "csv", not "CSV"');
    expect(() => fileSink("never-made", { prefix: "a-b" })).toThrow("prefix");
    expect(() => fileSink<Row>("never-made", { columns: ["n"] })).toThrow("columns belong to CSV");
    expect(() => fileSink("never-made", { roll: { everyCheckpoint: false } })).toThrow("need a size or an age");
    expect(existsSync("never-made")).toBe(false);
  });
});

function checkpointOf<T>(driver: SinkDriver<T>): NonNullable<SinkDriver<T>["completed"]> {
  if (driver.completed === undefined) throw new Error("no checkpoint is complete");
  return driver.completed;
}
