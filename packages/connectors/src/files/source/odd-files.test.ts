import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { directoryWith } from "../../../test/temporary.ts";
import { csv } from "../../formats/csv/csv.ts";
import type { Format } from "../../formats/format.ts";
import { jsonLines } from "../../formats/json-lines.ts";
import { lines } from "../../formats/lines.ts";
import { type FilesOptions, files } from "./files.ts";

async function valuesOf<T>(patterns: string | string[], format: Format<T>, options?: FilesOptions): Promise<readonly T[]> {
  const driver = await SourceDriver.open(files(patterns, format, options), { ports: nodePorts });
  try {
    return (await driver.drain()).map(({ value }) => value);
  } finally {
    await driver.close();
  }
}

describe("odd content", () => {
  test.each([
    ["nothing", ""],
    ["a byte order mark alone", "\uFEFF"],
    ["a line feed alone", "\n"],
    ["blank lines alone", "\r\n\r\n"],
  ])("%s holds no records but blank lines", async (_, content) => {
    const directory = directoryWith({ "a.txt": content });
    expect(await valuesOf(directory, csv())).toEqual([]);
    expect(await valuesOf(directory, jsonLines())).toEqual([]);
    expect((await valuesOf(directory, lines())).join("")).toBe("");
  });

  test("a header alone holds no records", async () => {
    expect(await valuesOf(directoryWith({ "a.csv": "\uFEFFa,b\r\n" }), csv({ columns: { a: "string" } }))).toEqual([]);
  });

  test("records and quoted fields that lie over the border of two chunks are read whole, with either line end", async () => {
    for (const end of ["\n", "\r\n"]) {
      const rows = Array.from({ length: 30_000 }, (_, n) => `${n},"a ""quoted"" é 語${end} field of ${n}"`);
      const read = await valuesOf(
        directoryWith({ "a.csv": `n,text${end}${rows.join(end)}${end}` }),
        csv({ columns: { n: "integer", text: "string" } }),
      );
      expect(read.length).toBe(30_000);
      for (const [n, record] of read.entries())
        if (record.n !== n || record.text !== `a "quoted" é 語${end} field of ${n}`) expect(record).toEqual(n);
    }
  });
});

describe("odd names", () => {
  const names = [
    "a b.csv",
    "ü 語 🚀.csv",
    'it\'s "quoted".csv',
    "back\\slash.csv",
    "line\nfeed.csv",
    "!bang.csv",
    "(one|two).csv",
    "{x,y}.csv",
    "[z].csv",
    "-.csv",
  ];
  const contents = Object.fromEntries(names.map((name) => [name, `${JSON.stringify(name)}\n`]));

  test("are found in a directory and by a glob", async () => {
    const directory = directoryWith(contents);
    const expected = [...names].sort();
    expect([...(await valuesOf(directory, jsonLines()))].sort()).toEqual(expected);
    expect([...(await valuesOf(`${directory}/*.csv`, jsonLines()))].sort()).toEqual(expected);
  });

  test("are found when they are given in full", async () => {
    const directory = directoryWith(contents);
    for (const name of names) expect(await valuesOf(join(directory, name), jsonLines())).toEqual([name]);
  });

  test("of directories with a glob's signs in them are written with a backslash in a glob", async () => {
    const directory = directoryWith({ "year[2015]/a.csv": "1\n", "year2/a.csv": "2\n" });
    expect(await valuesOf(`${directory}/year\\[2015\\]/*.csv`, lines())).toEqual(["1"]);
  });

  test("that are not UTF-8 are refused, because passing them over would lose records", async () => {
    const directory = directoryWith({ "a.txt": "1\n" });
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/b`), Buffer.from([0xe9]), Buffer.from(".txt")]), "2\n");
    await expect(valuesOf(directory, lines())).rejects.toMatchObject({ code: "SOURCE_READ", message: expect.stringContaining("not UTF-8") });
  });
});

describe("links", () => {
  test("to files and directories are followed, those that lead nowhere are passed over", async () => {
    const directory = directoryWith({ "in/a.txt": "a\n", "elsewhere/b.txt": "b\n", "elsewhere/deep/c.txt": "c\n" });
    symlinkSync("../elsewhere/b.txt", join(directory, "in/b.txt"));
    symlinkSync("../elsewhere/deep", join(directory, "in/linked"));
    symlinkSync("nowhere.txt", join(directory, "in/broken.txt"));
    expect(await valuesOf(`${directory}/in`, lines())).toEqual(["a", "b", "c"]);
  });

  test("that lead back up are not walked for ever", async () => {
    const directory = directoryWith({ "in/a.txt": "a\n", "in/x/b.txt": "b\n" });
    symlinkSync("..", join(directory, "in/x/up"));
    symlinkSync(".", join(directory, "in/self"));
    expect(await valuesOf(`${directory}/in`, lines())).toEqual(["a", "b"]);
    expect(await valuesOf(`${directory}/in/**/*.txt`, lines())).toEqual(["a", "b"]);
  });
});

describe("what is no file", () => {
  test("a pipe that is named is refused with what to do, one in a directory is passed over", async () => {
    const directory = directoryWith({ "a.txt": "a\n" });
    execFileSync("mkfifo", [join(directory, "pipe")]);
    await expect(valuesOf(join(directory, "pipe"), lines())).rejects.toMatchObject({ code: "SOURCE_READ", hint: expect.stringContaining("stdin") });
    expect(await valuesOf(directory, lines())).toEqual(["a"]);
  });

  test("a file where a directory is meant is named", async () => {
    const directory = directoryWith({ "a.txt": "a\n" });
    await expect(valuesOf(`${directory}/a.txt/*.csv`, lines())).rejects.toMatchObject({
      code: "SOURCE_READ",
      message: expect.stringContaining("ENOTDIR"),
    });
  });

  test("an empty directory holds no file", async () => {
    const directory = directoryWith({});
    mkdirSync(join(directory, "empty"));
    await expect(valuesOf(directory, lines())).rejects.toMatchObject({ code: "SOURCE_NO_FILES" });
  });
});
