import { describe, expect, it } from "vitest";
import { ConsoleReader, ConsoleWriter } from "../src/node/worker-console.ts";

const waitMs = 100;

/** Both ends in this thread: nothing is heard while it writes. */
function consoleOf(linesMax: number, unitsMax: number): { writer: ConsoleWriter; reader: ConsoleReader; heard: string[] } {
  const heard: string[] = [];
  const reader = new ConsoleReader((level, text) => heard.push(`${level}: ${text}`));
  return { reader, heard, writer: new ConsoleWriter(reader.end, { linesMax, unitsMax, waitMs }) };
}

describe("the console of a worker", () => {
  it("is heard in its order", async () => {
    const { writer, reader, heard } = consoleOf(10, 100);
    writer.write("info", "one");
    writer.write("error", "two");
    await expect.poll(() => heard).toEqual(["info: one", "error: two"]);
    reader.close();
  });

  it("drops lines when nobody hears it, after it has waited once, and it is said how many and where", async () => {
    const { writer, reader, heard } = consoleOf(2, 100);
    const started = performance.now();
    for (let n = 0; n < 52; n++) writer.write("info", `${n}`);
    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(0.9 * waitMs);
    expect(tookMs).toBeLessThan(25 * waitMs);
    await expect.poll(() => heard.length).toBe(3);
    writer.write("info", "heard again");
    await expect.poll(() => heard.length).toBe(4);
    expect(heard).toEqual(["info: 0", "info: 1", expect.stringMatching(/^warn: lines of the console dropped here: 50;/), "info: heard again"]);
    reader.close();
  });

  it("bounds text as well as lines", async () => {
    const { writer, reader, heard } = consoleOf(100, 10);
    const long = "x".repeat(1_000);
    writer.write("info", long);
    writer.write("info", "too much");
    await expect.poll(() => heard).toEqual([`info: ${long}`, expect.stringContaining("dropped here: 1;")]);
    reader.close();
  });

  it("is heard to its end when the worker has gone, with what it dropped", () => {
    const { writer, reader, heard } = consoleOf(1, 100);
    writer.write("info", "last words");
    writer.write("info", "nobody hears");
    expect(heard).toEqual([]);
    reader.close();
    expect(heard).toEqual(["info: last words", expect.stringContaining("dropped here: 1;")]);
  });
});
