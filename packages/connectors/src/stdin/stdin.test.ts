import { spawn } from "node:child_process";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { expect, test } from "vitest";
import { csv } from "../formats/csv/csv.ts";
import { jsonLines } from "../formats/json-lines.ts";
import { lines } from "../formats/lines.ts";
import { stdin } from "./stdin.ts";

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test("it reads records over the borders of chunks, with parallelism above one too", async () => {
  const source = stdin(csv(), { input: () => chunks("a,b\n1,", "2\n3,4") });
  const driver = await SourceDriver.open(source, { ports: nodePorts, parallelism: 3 });
  await driver.drain(1);
  expect(driver.records.map((record) => record.value)).toEqual([
    { a: "1", b: "2" },
    { a: "3", b: "4" },
  ]);
  await driver.close();
});

test("it says that it can't be replayed", () => {
  expect(stdin(lines()).replayable).toBe(false);
});

test("a bad record names its line", async () => {
  const driver = await SourceDriver.open(stdin(jsonLines(), { input: () => chunks("1\nx\n") }), { ports: nodePorts });
  await expect(driver.drain()).rejects.toMatchObject({ code: "SOURCE_RECORD", where: { position: "stdin:2" } });
});

test("a reader goes on exactly where the one before was closed, in the middle of a record and behind a header, too", async () => {
  const left = ["\uFEFFa,b\n1,", "2\n3,4\n5", ",6\n7,8", "\n"];
  const open = { ended: 0 };
  const input = () => ({
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Buffer>> {
        const text = left.shift();
        return text === undefined ? { done: true, value: undefined } : { done: false, value: Buffer.from(text) };
      },
      async return(): Promise<IteratorResult<Buffer>> {
        open.ended++;
        return { done: true, value: undefined };
      },
    }),
  });
  const found: unknown[] = [];
  const source = stdin(csv(), { input });
  for (let reader = 0; reader < 5; reader++) {
    const driver = await SourceDriver.open(source, { ports: nodePorts });
    if (reader < 4) await driver.take(1);
    else await driver.drain();
    found.push(...driver.records.map(({ value }) => value));
    expect(driver.position()).toBe(reader < 4 ? `stdin:${reader + 2}` : undefined);
    await driver.close();
  }
  expect(found).toEqual([
    { a: "1", b: "2" },
    { a: "3", b: "4" },
    { a: "5", b: "6" },
    { a: "7", b: "8" },
  ]);
  expect(open.ended).toBe(5);
});

test("what a reader left is its own source's: another one begins where the input does", async () => {
  const input = () => chunks("a,b\n1,2\n3,4\n5,", "6\n");
  const first = await SourceDriver.open(stdin(csv(), { input }), { ports: nodePorts });
  await first.take(1);
  await first.close();
  const second = await SourceDriver.open(stdin(csv(), { input }), { ports: nodePorts });
  const rows = (await second.drain()).map(({ value }) => value);
  await second.close();
  expect(rows).toEqual([
    { a: "1", b: "2" },
    { a: "3", b: "4" },
    { a: "5", b: "6" },
  ]);
});

test("closing does not wait for an input that is quiet", async () => {
  let ended = (): void => {};
  const quiet = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<Buffer>>((resolve) => (ended = () => resolve({ done: true, value: undefined }))),
      return: async (): Promise<IteratorResult<Buffer>> => {
        ended();
        return { done: true, value: undefined };
      },
    }),
  };
  const driver = await SourceDriver.open(stdin(lines(), { input: () => quiet }), { ports: nodePorts });
  const reading = driver.take(1);
  await new Promise((resolve) => setImmediate(resolve));
  await driver.close();
  expect(driver.records).toEqual([]);
  void reading;
});

test("the standard input of a process is read to its end", async () => {
  const program = `
    import { processStdin } from ${JSON.stringify(new URL("./process-stdin.ts", import.meta.url).href)};
    let text = "";
    for await (const chunk of processStdin()) text += chunk;
    process.stdout.write(text.toUpperCase());`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  child.stdin.write("first ");
  child.stdin.end("second");
  let output = "";
  for await (const chunk of child.stdout) output += String(chunk);
  expect(output).toBe("FIRST SECOND");
});
