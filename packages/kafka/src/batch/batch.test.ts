import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AbortedTransaction } from "../protocol/record-apis.ts";
import { BatchBuilder, type Bytes, noProducer, stamp } from "./batch-builder.ts";
import { batchHeaderBytes, readBatchHeader } from "./batch-header.ts";
import { type CompressionName, compress, decompress } from "./compression.ts";
import { crc32c } from "./crc32c.ts";
import { halves } from "./halves.ts";
import { RecordCursor } from "./record-cursor.ts";
import { batchesOf, readable } from "./record-set.ts";

const place = { topic: "t", partition: 0 };

interface Sample {
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | null>>;
}

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
const sample: fc.Arbitrary<Sample> = fc.record({
  timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.maxSafeInteger().map(Math.abs)),
  key: bytes,
  value: bytes,
  headers: fc.dictionary(fc.string(), bytes, { maxKeys: 3 }),
});

async function built(samples: readonly Sample[], compression: CompressionName): Promise<Buffer> {
  const builder = new BatchBuilder(16);
  for (const { timestamp, key, value, headers } of samples)
    builder.append(timestamp, key, value, Object.keys(headers).length === 0 ? undefined : headers);
  return builder.finish(compression, noProducer);
}

async function read(records: Buffer, aborted?: readonly AbortedTransaction[]): Promise<readonly (Sample & { readonly offset: number })[]> {
  const cursor = new RecordCursor(place.topic, place.partition);
  const found: (Sample & { offset: number })[] = [];
  for (const batch of batchesOf(records, aborted, place)) {
    const ready = await readable(records, batch, place);
    if (ready.records === undefined) continue;
    cursor.open(ready.header, ready.records, ready.start, ready.end);
    while (cursor.next()) {
      const { offset, timestamp } = cursor;
      found.push({ offset, timestamp, headers: cursor.headers(), key: cursor.key(), value: cursor.value() });
    }
  }
  return found;
}

const plain = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString("hex"));
const plainSample = ({ timestamp, key, value, headers }: Sample) => ({
  timestamp,
  key: plain(key),
  value: plain(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, item]) => [name, plain(item)])),
});

describe("record batches", () => {
  test.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)("what is written with %s is read again", async (compression) => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { minLength: 1, maxLength: 30 }), async (samples) => {
        const found = await read(await built(samples, compression));
        expect(found.map(({ offset }) => offset)).toEqual(samples.map((_, index) => index));
        expect(found.map(plainSample)).toEqual(samples.map(plainSample));
      }),
      { numRuns: 40 },
    );
  });

  test("a batch stays within a limit that is kept before each record, unless it holds one that is larger", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "ä", "€"), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text, fc.option(text, { nil: undefined })), { maxLength: 30 }), async (samples) => {
        const limit = 500;
        for (let builder = new BatchBuilder(8); samples.length > 0; builder = new BatchBuilder(8)) {
          while (samples[0] !== undefined) {
            const [key, value, header] = samples[0];
            const headers = header === undefined ? undefined : { header };
            if (!builder.fits(limit, key, value, headers)) break;
            builder.append(2 ** 40, key, value, headers);
            samples.shift();
          }
          expect(builder.count).toBeGreaterThan(0);
          if (builder.count > 1) expect((await builder.finish("none", noProducer)).length).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each(["none", "zstd"] as const)("the halves of a batch hold its records (%s)", async (compression) => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { minLength: 2, maxLength: 9 }), async (samples) => {
        const [first, second, ...more] = await halves(await built(samples, compression), place);
        expect([first?.count, second?.count, more]).toEqual([Math.ceil(samples.length / 2), Math.floor(samples.length / 2), []]);
        const found = [...(await read(first?.bytes as Buffer)), ...(await read(second?.bytes as Buffer))];
        expect(found.map(plainSample)).toEqual(samples.map(plainSample));
      }),
      { numRuns: 40 },
    );
  });

  test("strings are written as UTF-8, surrogates as the replacement character", async () => {
    const builder = new BatchBuilder(8);
    const values: readonly Bytes[] = ["", "plain", "ä€😀", "\ud800"];
    for (const value of values) builder.append(0, value, value, { h: value });
    const found = await read(await builder.finish("none", noProducer));
    expect(found.map(({ value }) => Buffer.from(value as Uint8Array).toString("utf8"))).toEqual(["", "plain", "ä€😀", "\ufffd"]);
  });

  test("headers of one name are all written and read, in order; by name the last counts", async () => {
    const headers = [
      ["trace", "one"],
      ["__proto__", "x"],
      ["trace", "two"],
      ["trace", null],
    ] as const;
    const builder = new BatchBuilder(8);
    builder.append(0, null, "v", headers);
    const batch = await builder.finish("none", noProducer);
    const cursor = new RecordCursor(place.topic, place.partition);
    cursor.open(readBatchHeader(batch, 0, batch.length), batch, batchHeaderBytes, batch.length);
    expect(cursor.next()).toBe(true);
    expect(cursor.headerList().map(([name, value]) => [name, value?.toString() ?? null])).toEqual(headers);
    expect(Object.entries(cursor.headers())).toEqual([
      ["trace", null],
      ["__proto__", Buffer.from("x")],
    ]);
  });

  test("a changed byte is found, wherever it is", async () => {
    const batch = await built([{ timestamp: 1, key: null, value: Buffer.from("value"), headers: {} }], "none");
    for (let at = 21; at < batch.length; at++) {
      const damaged = Buffer.from(batch);
      damaged[at] = (damaged[at] as number) ^ 1;
      expect(() => batchesOf(damaged, undefined, place), `byte ${at}`).toThrow(expect.objectContaining({ code: "KAFKA_CORRUPT" }));
    }
  });

  test("a batch that is cut off behind others is left for the next fetch; the first one never is", async () => {
    const batch = await built([{ timestamp: 1, key: null, value: Buffer.from("value"), headers: {} }], "none");
    expect(batchesOf(Buffer.alloc(0), undefined, place)).toEqual([]);
    for (let length = 1; length < batch.length; length++) {
      expect(batchesOf(Buffer.concat([batch, batch.subarray(0, length)]), undefined, place)).toHaveLength(1);
      const cut = batch.subarray(0, length);
      expect(() => batchesOf(cut, undefined, place), `${length} bytes`).toThrow(expect.objectContaining({ code: "KAFKA_CORRUPT" }));
    }
  });

  test("an unknown compression, an old format and records that lie about their lengths are named", async () => {
    const batch = await built([{ timestamp: 1, key: null, value: Buffer.from("value"), headers: {} }], "none");
    const unknown = Buffer.from(batch);
    unknown.writeInt16BE(7, 21);
    stamp(unknown, noProducer);
    await expect(read(unknown)).rejects.toMatchObject({ code: "KAFKA_COMPRESSION" });
    const old = Buffer.from(batch);
    old[16] = 1;
    await expect(read(old)).rejects.toMatchObject({ code: "KAFKA_MAGIC" });
    const lying = Buffer.from(batch);
    lying[61] = 126;
    stamp(lying, noProducer);
    await expect(read(lying)).rejects.toMatchObject({ code: "KAFKA_CORRUPT" });
  });

  test("data that is not of its compression is a damaged batch", async () => {
    for (const code of [1, 2, 3, 4]) {
      const batch = await built([{ timestamp: 1, key: null, value: Buffer.from("value"), headers: {} }], "none");
      batch.writeInt16BE(code, 21);
      stamp(batch, noProducer);
      await expect(read(batch)).rejects.toMatchObject({ code: "KAFKA_CORRUPT" });
    }
  });

  test("snappy as the Java client frames it is read", async () => {
    const block = await compress("snappy", Buffer.from("hello "));
    const header = Buffer.from("82534e41505059000000000100000001", "hex");
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    expect((await decompress("snappy", Buffer.concat([header, length, block, length, block]))).toString()).toBe("hello hello ");
  });

  test("the checksum is CRC-32C", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  });
});

describe("read_committed", () => {
  /** A history of transactions as a broker would keep it: batches, markers, and the aborted list in order of the aborts. */
  const history = fc.array(
    fc.record({ producer: fc.integer({ min: 1, max: 4 }), what: fc.constantFrom("write", "write", "commit", "abort", "plain") }),
    { maxLength: 40 },
  );

  test("exactly the records of committed transactions are seen, wherever a fetch begins", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (steps, seed) => {
        const log = await logOf(steps);
        const from = log.batches.length === 0 ? 0 : seed % log.batches.length;
        const fetched = Buffer.concat(log.batches.slice(from));
        const aborted = log.aborted.filter(({ lastOffset }) => lastOffset >= from);
        const found = await read(fetched, aborted);
        expect(found.map(({ offset }) => offset)).toEqual(log.visible.filter((offset) => offset >= from));
      }),
      { numRuns: 300 },
    );
  });
});

interface Log {
  readonly batches: readonly Buffer[];
  readonly aborted: readonly (AbortedTransaction & { readonly lastOffset: number })[];
  readonly visible: readonly number[];
}

/** Each batch holds one record, so an offset is the number of its batch. Transactions left open are ended by an abort. */
async function logOf(steps: readonly { readonly producer: number; readonly what: string }[]): Promise<Log> {
  const batches: Buffer[] = [];
  const aborted: (AbortedTransaction & { lastOffset: number })[] = [];
  const visible: number[] = [];
  const open = new Map<number, number[]>();
  const add = async (producer: number, kind: "data" | "plain" | "control", key: Buffer | null) => {
    const builder = new BatchBuilder(64);
    builder.append(0, key, Buffer.from("v"), undefined);
    const batch = await builder.finish("none", { producerId: BigInt(producer), epoch: 0, sequence: 0, transactional: kind !== "plain" });
    batch.writeBigInt64BE(BigInt(batches.length), 0);
    if (kind === "control") batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
    stamp(batch, { producerId: BigInt(producer), epoch: 0, sequence: 0, transactional: true });
    batches.push(batch);
    return batches.length - 1;
  };
  const end = async (producer: number, commit: boolean) => {
    const offsets = open.get(producer);
    if (offsets === undefined) return;
    open.delete(producer);
    const lastOffset = await add(producer, "control", Buffer.from([0, 0, 0, commit ? 1 : 0]));
    if (commit) visible.push(...offsets);
    else aborted.push({ producerId: BigInt(producer), firstOffset: offsets[0] as number, lastOffset });
  };
  for (const { producer, what } of steps) {
    // A data record may have a key that looks like an abort marker.
    if (what === "write") open.set(producer, [...(open.get(producer) ?? []), await add(producer, "data", Buffer.from([0, 0, 0, 0]))]);
    else if (what === "plain") visible.push(await add(producer + 10, "plain", null));
    else await end(producer, what === "commit");
  }
  for (const producer of [...open.keys()]) await end(producer, false);
  return { batches, aborted, visible: visible.sort((a, b) => a - b) };
}
