import { appendFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { outputTag } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { sourceSuite } from "@millrace/testkit/suites";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directoryWith } from "../../../test/temporary.ts";
import type { BadInputRecord } from "../../formats/bad-records.ts";
import { csv } from "../../formats/csv/csv.ts";
import { jsonLines } from "../../formats/json-lines.ts";
import { lines } from "../../formats/lines.ts";
import { files } from "./files.ts";

const ports = nodePorts;
const numbered = (count: number, first = 0): string => Array.from({ length: count }, (_, index) => `row é ${first + index}\n`).join("");
const rows = (count: number, first = 0): string[] => Array.from({ length: count }, (_, index) => `row é ${first + index}`);

sourceSuite("files of lines", async () => {
  const directory = directoryWith({ "a.txt": numbered(9), "b/c.txt": `${numbered(5, 9)}row é 14`, "empty.txt": "" });
  return { source: files(directory, lines()), ports, expected: rows(15) };
});

sourceSuite("files of lines, cut into ranges", async () => {
  const directory = directoryWith({ "a.txt": numbered(12), "b.txt": numbered(2, 12) });
  return { source: files(`${directory}/*.txt`, lines(), { splitBytes: 17 }), ports, expected: rows(14) };
});

sourceSuite("files of JSON lines, gzip", async () => {
  const text = Array.from({ length: 11 }, (_, n) => `${JSON.stringify({ n })}\n`).join("");
  const directory = directoryWith({ "a.jsonl.gz": Buffer.concat([gzipSync(text.slice(0, 40)), gzipSync(text.slice(40))]) });
  return { source: files(`${directory}/a.jsonl.gz`, jsonLines()), ports, expected: Array.from({ length: 11 }, (_, n) => ({ n })) };
});

sourceSuite("files of CSV with headers and quoted line feeds", async () => {
  const directory = directoryWith({ "a.csv": '\uFEFFn,text\r\n1,"x\r\ny"\r\n2,z\r\n', "b.csv": 'text,n\n"q""",3\n\n,4' });
  const expected = [
    { n: 1, text: "x\r\ny" },
    { n: 2, text: "z" },
    { n: 3, text: 'q"' },
    { n: 4, text: "" },
  ];
  return { source: files(`${directory}/*.csv`, csv({ columns: { n: "integer", text: "string" } })), ports, expected };
});

describe("files", () => {
  test("ranges of any size give every line once, and as the whole file does", async () => {
    const line = fc.string({ unit: fc.constantFrom("a", "é", "\r", " "), maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.boolean(), fc.integer({ min: 1, max: 40 }), async (content, ended, splitBytes) => {
        const directory = directoryWith({ "a.txt": content.join("\n") + (ended ? "\n" : "") });
        const whole = await valuesOf(files(`${directory}/a.txt`, lines()));
        expect(await valuesOf(files(`${directory}/a.txt`, lines(), { splitBytes }))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test.each([1, 2, 3, 4])("the first line of a file with a byte order mark is in the first of its ranges of %i bytes", async (splitBytes) => {
    const directory = directoryWith({ "a.txt": "\uFEFFone\ntwo\n" });
    expect(await valuesOf(files(`${directory}/a.txt`, lines(), { splitBytes }))).toEqual(["one", "two"]);
  });

  test("a record longer than a chunk, and a file of several chunks, are read whole", async () => {
    const long = "x".repeat(3 << 20);
    const directory = directoryWith({ "a.txt": `${numbered(200_000)}${long}\nend` });
    const values = await valuesOf(files(directory, lines()));
    expect(values.length).toBe(200_002);
    expect(values.slice(-2)).toEqual([long, "end"]);
  });

  test("files come in the order of their names, or of their times", async () => {
    const directory = directoryWith({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
    utimesSync(join(directory, "b.txt"), 1, 1);
    utimesSync(join(directory, "a.txt"), 2, 2);
    utimesSync(join(directory, "c.txt"), 3, 3);
    expect(await valuesOf(files(directory, lines()))).toEqual(["a", "b", "c"]);
    expect(await valuesOf(files(directory, lines(), { order: "modified" }))).toEqual(["b", "a", "c"]);
  });

  test("hidden files are passed over, globs match below directories, and overlapping patterns read a file once", async () => {
    const directory = directoryWith({ "x/a.csv": "1\n", "x/.part.csv": "no\n", "x/_tmp.csv": "no\n", "x/y/b.csv": "2\n", "x/c.txt": "no\n" });
    expect(await valuesOf(files([`${directory}/**/*.csv`, `${directory}/x/../x/a.csv`], lines()))).toEqual(["1", "2"]);
    expect(await valuesOf(files(`${directory}/x/{a,c}.csv`, lines()))).toEqual(["1"]);
  });

  test("a name with the signs of a glob in it is meant literally when it exists", async () => {
    const directory = directoryWith({ "a[1].txt": "1\n", "a1.txt": "2\n" });
    expect(await valuesOf(files(`${directory}/a[1].txt`, lines()))).toEqual(["1"]);
  });

  test("no file is an error that names the pattern", async () => {
    const directory = directoryWith({});
    await expect(SourceDriver.open(files(`${directory}/*.csv`, csv()), { ports })).rejects.toMatchObject({ code: "SOURCE_NO_FILES" });
  });

  test("senseless options are refused when the job is built", () => {
    expect(() => files("", lines())).toThrow("a path or a glob is needed");
    expect(() => files("a", csv(), { splitBytes: 1000 })).toThrow("csv can't be read from the middle of a file");
    expect(() => files("a", lines(), { compression: "gz" as "gzip" })).toThrow('"auto", "none", "gzip" or "zstd", not "gz"');
    expect(() => files("a", lines(), { order: "date" as "name" })).toThrow('"name" or "modified", not "date"');
    expect(() => files("a", lines(), { splitBytes: 1000, compression: "gzip" })).toThrow("gzip");
    expect(() => files("a", lines(), { watch: { everyMs: 0 } })).toThrow("watch.everyMs");
  });

  test("latin1 is read when asked for, and refused as UTF-8", async () => {
    const directory = directoryWith({ "a.txt": Buffer.from([0xe9, 10]) });
    expect(await valuesOf(files(directory, lines(), { encoding: "latin1" }))).toEqual(["é"]);
    await expect(valuesOf(files(directory, lines()))).rejects.toMatchObject({ code: "SOURCE_RECORD" });
  });
});

describe("a bad record", () => {
  const content = '{"n":1}\n{"n":\n{"n":3}\n';

  test("fails the job and names file, line and text", async () => {
    const directory = directoryWith({ "a.jsonl": content });
    const driver = await SourceDriver.open(files(directory, jsonLines()), { ports });
    await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_RECORD", where: { position: `${directory}/a.jsonl:2` } });
    expect(driver.records.map(({ value }) => value)).toEqual([{ n: 1 }]);
    expect(driver.position()).toBe(`${directory}/a.jsonl:1`);
    await driver.close();
  });

  test("is left out and counted", async () => {
    const directory = directoryWith({ "a.jsonl": content, "b.jsonl": content });
    const source = files(directory, jsonLines(), { onError: "skip" });
    const readers: { readonly skipped: number }[] = [];
    const createReader = source.createReader.bind(source);
    source.createReader = (context) => {
      const reader = createReader(context);
      readers.push(reader);
      return reader;
    };
    expect(await valuesOf(source)).toEqual([{ n: 1 }, { n: 3 }, { n: 1 }, { n: 3 }]);
    expect(readers.map(({ skipped }) => skipped)).toEqual([2]);
  });

  test("goes to a side output with its place, once also over a restart", async () => {
    const directory = directoryWith({ "a.jsonl": content });
    const source = files(directory, jsonLines(), { onError: outputTag<BadInputRecord>("bad") });
    expect(source.sideOutputs).toEqual(["bad"]);
    const first = await SourceDriver.open(source, { ports });
    await first.take(2);
    const second = await SourceDriver.open(source, { ports, restored: first.checkpoint() });
    await second.drain();
    expect([...first.sideRecords, ...second.sideRecords]).toMatchObject([
      { name: "bad", value: { file: `${directory}/a.jsonl`, line: 2, text: '{"n":', message: expect.stringContaining("not JSON") } },
    ]);
    await first.close();
    await second.close();
  });

  test("in a range is named by its byte", async () => {
    const directory = directoryWith({ "a.jsonl": content });
    const driver = await SourceDriver.open(files(directory, jsonLines(), { splitBytes: 8 }), { ports });
    await expect(driver.drain()).rejects.toMatchObject({ where: { position: `${directory}/a.jsonl@byte 8` } });
    await driver.close();
  });

  test("too long a line fails with its place", async () => {
    const directory = directoryWith({ "a.txt": `ok\n${"x".repeat(100)}\n` });
    const driver = await SourceDriver.open(files(directory, lines(), { maxLineBytes: 50 }), { ports });
    await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_RECORD_TOO_LONG", where: { position: `${directory}/a.txt:2` } });
    await driver.close();
  });

  test("a gzip file that is cut off fails with its name", async () => {
    const whole = gzipSync(numbered(10_000));
    const directory = directoryWith({ "a.gz": whole.subarray(0, whole.length - 100), "b.gz": "no gzip at all" });
    await expect(valuesOf(files(`${directory}/a.gz`, lines()))).rejects.toMatchObject({
      code: "SOURCE_READ",
      message: expect.stringContaining("a.gz is not a whole gzip file"),
    });
    await expect(valuesOf(files(`${directory}/b.gz`, lines()))).rejects.toMatchObject({ code: "SOURCE_READ" });
  });
});

describe("a file that changes between a checkpoint and its restore", () => {
  async function resumeAfter(change: (path: string) => void, content = numbered(10)): Promise<readonly unknown[]> {
    const directory = directoryWith({ "a.txt": content });
    const source = files(join(directory, "a.txt"), lines());
    const first = await SourceDriver.open(source, { ports });
    await first.take(4);
    const restored = first.checkpoint();
    await first.close();
    change(join(directory, "a.txt"));
    const second = await SourceDriver.open(source, { ports, restored });
    try {
      return (await second.drain()).map(({ value }) => value);
    } finally {
      await second.close();
    }
  }

  test.each([
    ["vanished", (path: string) => rmSync(path)],
    ["shrank", (path: string) => truncateSync(path, 20)],
    ["was written to in place", (path: string) => rewriteInPlace(path)],
    ["was replaced by a longer one", (path: string) => replaceBy(path, numbered(20))],
    ["was removed and made anew, longer, with the same inode", (path: string) => emptyAndFill(path, numbered(20, 100))],
    [
      "was removed and made anew, longer, with the same inode and a first line alike",
      (path: string) => emptyAndFill(path, `row é 0\n${numbered(20, 100)}`),
    ],
  ])("is refused when it %s", async (_, change) => {
    await expect(resumeAfter(change)).rejects.toMatchObject({ code: "SOURCE_FILE_CHANGED", message: expect.stringContaining("a.txt") });
  });

  test("is refused when it was emptied and filled with more, in ranges that nobody has read yet, too", async () => {
    const directory = directoryWith({ "a.txt": numbered(20) });
    const path = join(directory, "a.txt");
    const source = files(path, lines(), { splitBytes: 50 });
    const first = await SourceDriver.open(source, { ports });
    await first.take(1);
    const restored = { ...first.checkpoint(), splits: [] };
    await first.close();
    emptyAndFill(path, numbered(40, 100));
    const second = await SourceDriver.open(source, { ports, restored });
    await expect(second.drain()).rejects.toMatchObject({ code: "SOURCE_FILE_CHANGED", message: expect.stringContaining("a.txt") });
    await second.close();
  });

  test("is read on to its old end when it grew, the unfinished last line included", async () => {
    expect(await resumeAfter((path) => appendFileSync(path, "added\n"))).toEqual(rows(6, 4));
    expect(await resumeAfter((path) => appendFileSync(path, " and more\nadded\n"), numbered(10).trimEnd())).toEqual([
      ...rows(5, 4),
      "row é 9 and more",
    ]);
  });

  test("is read on when it is a copy with the same size and time", async () => {
    const copy = (path: string): void => {
      utimesSync(path, 1000, 1000);
      replaceBy(path, numbered(10));
      utimesSync(path, 1000, 1000);
    };
    const directory = directoryWith({ "a.txt": numbered(10) });
    utimesSync(join(directory, "a.txt"), 1000, 1000);
    const source = files(join(directory, "a.txt"), lines());
    const first = await SourceDriver.open(source, { ports });
    await first.take(4);
    const restored = first.checkpoint();
    await first.close();
    copy(join(directory, "a.txt"));
    const second = await SourceDriver.open(source, { ports, restored });
    expect((await second.drain()).map(({ value }) => value)).toEqual(rows(6, 4));
    await second.close();
  });

  test("is read as it is when nothing of it was read before", async () => {
    const directory = directoryWith({ "a.txt": numbered(3), "b.txt": "old\n" });
    const source = files(directory, lines());
    const first = await SourceDriver.open(source, { ports });
    await first.take(1);
    const second = await SourceDriver.open(source, { ports, restored: first.checkpoint() });
    await first.close();
    replaceBy(join(directory, "b.txt"), "new and longer\n");
    expect((await second.drain()).map(({ value }) => value)).toEqual([...rows(2, 1), "new and longer"]);
    await second.close();
  });

  function rewriteInPlace(path: string): void {
    writeFileSync(path, numbered(10).replaceAll("row", "ROW"));
    utimesSync(path, 5000, 5000);
  }

  /** What a system that gives a free inode out again does with a removed file, and what logrotate's copytruncate does. */
  function emptyAndFill(path: string, content: string): void {
    truncateSync(path, 0);
    writeFileSync(path, content, { flag: "r+" });
  }

  function replaceBy(path: string, content: string): void {
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }
});

async function valuesOf<T>(source: ReturnType<typeof files<T>>): Promise<readonly T[]> {
  const driver = await SourceDriver.open(source, { ports });
  try {
    return (await driver.drain()).map(({ value }) => value);
  } finally {
    await driver.close();
  }
}
