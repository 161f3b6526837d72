import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { FaultyFiles } from "@millrace/testkit/drivers";
import { type SinkCase, sinkSuite } from "@millrace/testkit/suites";
import { describe, expect, test } from "vitest";
import { visibleLines } from "../../../test/output.ts";
import { type Row, rowOf } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { type FileSinkOptions, fileSink } from "./file-sink.ts";

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

describe("fileSink", () => {
  test("its place is its directory and its prefix, in whichever format", () => {
    const { place } = fileSink("out");
    expect(place).toBe("out/part-*");
    expect(fileSink("./out/", { format: "csv" }).place).toBe(place);
    expect(fileSink("out", { prefix: "late" }).place).not.toBe(place);
    expect(fileSink("out/late").place).not.toBe(place);
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
