import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { visibleLines } from "../../../test/output.ts";
import { checkpointOf, open, type Row, rowOf, writtenBy } from "../../../test/sink-runs.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";

describe("fileSink", () => {
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
});
