import { gzipSync, zstdCompressSync } from "node:zlib";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { sourceSuite } from "@millrace/testkit/suites";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directoryWith } from "../../../test/temporary.ts";
import { jsonLines } from "../../formats/json-lines.ts";
import { lines } from "../../formats/lines.ts";
import { files } from "./files.ts";
import { gunzipped } from "./gzip-members.ts";
import { ZstdFrames } from "./zstd-frames.ts";

const ports = nodePorts;
const text = Array.from({ length: 11 }, (_, n) => `${JSON.stringify({ n })}\n`).join("");
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

sourceSuite("files of JSON lines, zstd", async () => {
  const frames = [skippable, zstdCompressSync(text.slice(0, 40)), skippable, zstdCompressSync(text.slice(40))];
  const directory = directoryWith({ "a.jsonl.zst": Buffer.concat(frames) });
  return { source: files(`${directory}/a.jsonl.zst`, jsonLines()), ports, expected: Array.from({ length: 11 }, (_, n) => ({ n })) };
});

async function linesOf(name: string, content: Uint8Array): Promise<readonly string[]> {
  const driver = await SourceDriver.open(files(`${directoryWith({ [name]: content })}/${name}`, lines()), { ports });
  try {
    return (await driver.drain()).map(({ value }) => value);
  } finally {
    await driver.close();
  }
}

describe.each([
  ["gzip", "a.gz", (content: string) => gzipSync(content)],
  ["zstd", "a.zst", (content: string) => zstdCompressSync(content)],
] as const)("a file of %s", (kind, name, compress) => {
  test("is read whole, however many pieces it was written in, and however large", async () => {
    const large = "a line that says nothing much\n".repeat(200_000);
    const read = await linesOf(name, Buffer.concat([compress("one\ntw"), compress(""), compress("o\n"), compress(large)]));
    expect(read.length).toBe(200_002);
    expect(read.slice(0, 3)).toEqual(["one", "two", "a line that says nothing much"]);
  });

  test("that is cut anywhere, or has something else behind it, fails with its name", async () => {
    const whole = Buffer.concat([compress("one\n".repeat(50)), compress("two\n")]);
    const boundary = compress("one\n".repeat(50)).length;
    for (let length = 0; length < whole.length; length++) {
      if (length === boundary) continue;
      await expect(linesOf(name, whole.subarray(0, length)), `cut to ${length} bytes`).rejects.toMatchObject({
        code: "SOURCE_READ",
        message: expect.stringContaining(`${name} is not a whole ${kind} file`),
      });
    }
    await expect(linesOf(name, Buffer.concat([whole, Buffer.from("garbage")]))).rejects.toMatchObject({ code: "SOURCE_READ" });
    await expect(linesOf(name, Buffer.from("neither gzip nor zstd"))).rejects.toMatchObject({ code: "SOURCE_READ" });
  });

  test("can't be cut into ranges", () => {
    expect(() => files(name, lines(), { compression: kind, splitBytes: 10 })).toThrow(`a ${kind} file can't be read from its middle`);
  });
});

describe("zeros behind a member of gzip", () => {
  const member = (content: string) => gzipSync(content);

  test.each([1, 10, 511, 3 << 20])("are passed over, as gzip(1) does, and what follows is read (%i)", async (count) => {
    const zeros = Buffer.alloc(count);
    expect(await linesOf("a.gz", Buffer.concat([member("a\n"), zeros, member("b\n"), member("c\n"), zeros, member("d\n"), zeros]))).toEqual([
      ..."abcd",
    ]);
    await expect(linesOf("a.gz", Buffer.concat([zeros, member("a\n")]))).rejects.toMatchObject({ code: "SOURCE_READ" });
  });

  test("hide neither something else nor a member that is cut", async () => {
    for (const behind of [Buffer.from("garbage"), member("b\n").subarray(0, -1), member("b\n").subarray(0, 5)]) {
      const content = Buffer.concat([member("a\n"), Buffer.alloc(10), behind]);
      await expect(linesOf("a.gz", content)).rejects.toMatchObject({
        code: "SOURCE_READ",
        message: expect.stringContaining("not a whole gzip file"),
      });
    }
  });

  test("are found wherever chunks are cut", async () => {
    const contents = ["", "a", "abc".repeat(100_000), "x".repeat(70_000)];
    const whole = Buffer.concat(contents.flatMap((content, index) => [member(content), Buffer.alloc(index * 20)]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 40 }), async (cuts) => {
        const read: Buffer[] = [];
        for await (const part of gunzipped(chunksOf(whole, cuts), 1_000)) read.push(part);
        expect(Buffer.concat(read).toString()).toBe(contents.join(""));
      }),
      { numRuns: 30 },
    );
  });

  test("end nothing before the error of a file that can't be read on", async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield member("a\n");
      yield Buffer.alloc(10);
      throw new Error("the disk is gone");
    }
    const read = async (): Promise<void> => {
      for await (const part of gunzipped(broken(), 1_000)) expect(part.toString()).toBe("a\n");
    };
    await expect(read()).rejects.toThrow("the disk is gone");
  });
});

async function* chunksOf(whole: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), whole.length];
  for (const [index, edge] of edges.entries()) if (index > 0) yield whole.subarray(edges[index - 1], edge);
}

test("frames of zstd are found wherever chunks are cut", async () => {
  const frames = ["", "a", "abc".repeat(100_000), "x".repeat(70_000)].map((content) => zstdCompressSync(content, { params: {} }));
  const whole = Buffer.concat([skippable, ...frames]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 20 }), async (cuts) => {
      const found = new ZstdFrames(chunksOf(whole, cuts));
      const read: Buffer[] = [];
      while (await found.next()) {
        const parts: Buffer[] = [];
        for await (const part of found.frame()) parts.push(part);
        read.push(Buffer.concat(parts));
      }
      expect(read.map((frame) => frame.toString("hex"))).toEqual(frames.map((frame) => frame.toString("hex")));
    }),
    { numRuns: 30 },
  );
});
