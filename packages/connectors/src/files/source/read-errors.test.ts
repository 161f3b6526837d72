import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodePorts } from "@millrace/core/node";
import { FaultyFiles, fault, SourceDriver } from "@millrace/testkit/drivers";
import { expect, test } from "vitest";
import { directoryWith } from "../../../test/temporary.ts";
import { csv } from "../../formats/csv/csv.ts";
import { lines } from "../../formats/lines.ts";
import { files } from "./files.ts";

/** 16 MiB in lines of a KiB: more than is read ahead. */
const longLines = (letter: string): string => `${letter.repeat(1023)}\n`.repeat(16 << 10);

function portsFailing(kind: string, code: string, from = 0) {
  let calls = 0;
  const faulty = new FaultyFiles(nodePorts.files, (operation) =>
    operation.kind === kind && calls++ >= from ? fault(code, `${kind} failed`) : undefined,
  );
  return { ...nodePorts, files: faulty };
}

test("a file that may not be opened, and one that can't be read on, fail with SOURCE_READ and their name", async () => {
  const directory = directoryWith({ "a.txt": "x\n".repeat(2 << 20) });
  for (const [kind, code, from] of [
    ["open", "EACCES", 0],
    ["handle.read", "EIO", 2],
  ] as const) {
    const driver = await SourceDriver.open(files(directory, lines()), { ports: portsFailing(kind, code, from) });
    await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_READ", where: { position: join(directory, "a.txt") }, cause: { code } });
    await driver.close();
  }
});

test("a header without a column that is wanted names its file, in a file that has been begun too", async () => {
  const directory = directoryWith({ "a.csv": "a,b\n1,2\n3,4\n" });
  const refused = { code: "SOURCE_HEADER", message: expect.stringContaining('no column "c"') };
  const driver = await SourceDriver.open(files(directory, csv({ columns: { c: "string" } })), { ports: nodePorts });
  await expect(driver.drain()).rejects.toMatchObject({ ...refused, where: { position: `${directory}/a.csv:1` } });
  await driver.close();

  const before = await SourceDriver.open(files(directory, csv({ columns: { a: "string" } })), { ports: nodePorts });
  await before.take(1);
  const restored = before.checkpoint();
  await before.close();
  const edited = SourceDriver.open(files(directory, csv({ columns: { c: "string" } })), { ports: nodePorts, restored });
  await expect(edited.then((one) => one.drain())).rejects.toMatchObject({ ...refused, where: { position: `${directory}/a.csv:3` } });
});

test("what was read before an error is handed over before it", async () => {
  const directory = directoryWith({ "a.txt": "x\n".repeat(2 << 20) });
  const driver = await SourceDriver.open(files(directory, lines()), { ports: portsFailing("handle.read", "EIO", 3) });
  await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_READ" });
  // The first read is of the file's beginning, for its identity.
  expect(driver.records.length).toBe(1 << 20);
  await driver.close();
});

test("a directory that can't be listed fails the start", async () => {
  const directory = directoryWith({ "a.txt": "x\n" });
  await expect(SourceDriver.open(files(directory, lines()), { ports: portsFailing("list", "EACCES") })).rejects.toMatchObject({
    code: "SOURCE_READ",
  });
});

test("a file rewritten in place while it is read is found out at its end", async () => {
  const directory = directoryWith({ "a.txt": longLines("x") });
  const driver = await SourceDriver.open(files(directory, lines()), { ports: nodePorts });
  await driver.take(1);
  writeFileSync(join(directory, "a.txt"), longLines("y"));
  utimesSync(join(directory, "a.txt"), 5000, 5000);
  await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_FILE_CHANGED" });
  await driver.close();
});

test("a file that is removed while it is read is read to its end", async () => {
  const directory = directoryWith({ "a.txt": longLines("x") });
  const driver = await SourceDriver.open(files(directory, lines()), { ports: nodePorts });
  await driver.take(1);
  rmSync(join(directory, "a.txt"));
  await driver.drain();
  expect(driver.records.length).toBe(16 << 10);
  await driver.close();
});

test("no handle stays open, also when reading stops in the middle", async () => {
  const directory = directoryWith({ "a.txt": "x\n".repeat(3 << 20), "b.txt": "y\n" });
  let open = 0;
  const faulty = new FaultyFiles(nodePorts.files, ({ kind }) => {
    if (kind === "open") open++;
    if (kind === "handle.close") open--;
    return undefined;
  });
  const driver = await SourceDriver.open(files(directory, lines()), { ports: { ...nodePorts, files: faulty } });
  await driver.take(1000);
  expect(open).toBe(1);
  await driver.close();
  expect(open).toBe(0);
});
