import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test } from "vitest";
import { BatchBuilder, noProducer, stamp } from "../src/batch/batch-builder.ts";
import { crcFrom } from "../src/batch/batch-header.ts";
import type { CompressionName } from "../src/batch/compression.ts";
import { type KafkaSourceOptions, kafka, kafkaSource, text } from "../src/index.ts";
import { TransportError } from "../src/transport/transport.ts";
import { address, countOf, fetchAnswer, listOffsetsAnswer, type Script, scriptedBroker, silence } from "./scripted-broker.ts";

async function batchOf(value: string, offset = 0, compression: CompressionName = "none"): Promise<Buffer> {
  const builder = new BatchBuilder(64);
  builder.append(1, null, value, undefined);
  const batch = await builder.finish(compression, noProducer);
  batch.writeBigInt64BE(BigInt(offset), 0);
  return batch;
}

type ReadingOptions = KafkaSourceOptions & {
  readonly unavailableMs?: number;
  /** The clock is one that goes on by so much with each fetch. */
  readonly fetchMs?: number;
};

/** Reads topic "t", each fetch being answered by the next of these, and the last for ever. */
function reading(fetches: readonly Script[], options: ReadingOptions = {}, others: Script = () => undefined) {
  let fetched = 0;
  const broker = scriptedBroker((request) => {
    if (request.apiName !== "Fetch") return others(request);
    return fetches[Math.min(fetched++, fetches.length - 1)]?.(request);
  });
  const { unavailableMs = 2_000, fetchMs, ...sourceOptions } = options;
  const cluster = kafka({ brokers: ["scripted:9092"], transport: broker.create, unavailableMs });
  const driver = SourceDriver.open(kafkaSource(cluster, "t", text(), sourceOptions), {
    ports: fetchMs === undefined ? nodePorts : { ...nodePorts, clock: { ...nodePorts.clock, monotonic: () => fetched * fetchMs } },
  });
  return { broker, driver };
}

test("a batch that can't be read fails the reader, and nothing else, while the one before it is still being decompressed", async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", listener);
  const slow = await batchOf("x".repeat(3_000_000), 0, "gzip");
  const unknownCodec = await batchOf("y", 1);
  unknownCodec.writeInt16BE(unknownCodec.readInt16BE(crcFrom) | 5, crcFrom);
  stamp(unknownCodec, noProducer);
  const driver = await reading([() => fetchAnswer(Buffer.concat([slow, unknownCodec])), silence]).driver;
  await expect(driver.drain()).rejects.toMatchObject({ code: "KAFKA_COMPRESSION", where: { position: "t-0@1" } });
  await driver.close();
  process.off("unhandledRejection", listener);
  expect(unhandled).toEqual([]);
});

/** The end of a transaction that wrote nothing here, or whose records compaction has removed. */
async function commitMarker(offset: number): Promise<Buffer> {
  const builder = new BatchBuilder(16);
  builder.append(1, Buffer.from([0, 0, 0, 1]), Buffer.alloc(6), undefined);
  const batch = await builder.finish("none", noProducer);
  batch.writeBigInt64BE(BigInt(offset), 0);
  batch.writeInt16BE(0x30, crcFrom);
  stamp(batch, { producerId: 7n, epoch: 0, sequence: -1, transactional: true });
  return batch;
}

test("any number of ends of transactions in a row is passed over, as compaction leaves them", async () => {
  const marker = await commitMarker(0);
  // As many as come in one answer.
  const count = Math.floor((2 << 20) / marker.length);
  const markers = Buffer.alloc(count * marker.length);
  for (let offset = 0; offset < count; offset++) {
    marker.copy(markers, offset * marker.length);
    markers.writeBigInt64BE(BigInt(offset), offset * marker.length);
  }
  const { driver } = reading([async () => fetchAnswer(Buffer.concat([markers, await batchOf("behind", count)])), silence]);
  const reader = await driver;
  expect(await reader.take(1)).toBe(true);
  expect(reader.records).toMatchObject([{ value: "behind" }]);
  expect(reader.checkpoint().splits).toMatchObject([{ offset: count + 1 }]);
  await reader.close();
});

/** A message of format 1, as Kafka had them before 0.11: shorter than the header of a batch. */
function oldMessage(): Buffer {
  const message = Buffer.alloc(36);
  message.writeInt32BE(message.length - 12, 8);
  message[16] = 1;
  return message;
}

async function batchOfLength(length: number): Promise<Buffer> {
  const batch = await batchOf("x");
  batch.writeInt32BE(length, 8);
  return batch;
}

test.each([
  ["holds one short message of an old format", "KAFKA_MAGIC", async () => oldMessage()],
  ["holds a batch that reaches past it", "KAFKA_CORRUPT", () => batchOfLength(0x7000_0000)],
  ["holds a batch whose length is below that of its header", "KAFKA_CORRUPT", () => batchOfLength(3)],
])("an answer that %s fails the reader: asking again would bring the same", async (_, code, records) => {
  const answer = fetchAnswer(await records());
  const { driver } = reading([() => answer]);
  const reader = await driver;
  await expect(reader.take(1)).rejects.toMatchObject({ code });
  await reader.close();
});

const unreachable: Script = () => {
  throw new TransportError("unreachable", address, "ECONNREFUSED");
};
const notLeader: Script = () => fetchAnswer(Buffer.alloc(0), 6);
const outOfRange: Script = () => fetchAnswer(Buffer.alloc(0), 1);
const unknownTopicId: Script = () => fetchAnswer(Buffer.alloc(0), 100);

test.each([
  ["can't be reached", unreachable, "ECONNREFUSED"],
  ["says that it does not lead it", notLeader, "NOT_LEADER_OR_FOLLOWER (6)"],
  ["does not know the topic's id", unknownTopicId, "UNKNOWN_TOPIC_ID (100)"],
  ["has no record at an offset that it tells to be in the log", outOfRange, "OFFSET_OUT_OF_RANGE (1)"],
])("a partition whose leader, as all brokers name it, %s, is asked for with pauses, and given up in the end", async (_, script, last) => {
  const { broker, driver } = reading([script], { unavailableMs: 600 });
  const reader = await driver;
  await expect(reader.drain()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE", message: expect.stringContaining(last) });
  await reader.close();
  // Every 50 ms.
  expect(countOf(broker, "Fetch")).toBeGreaterThan(1);
  expect(countOf(broker, "Fetch")).toBeLessThan(20);
  expect(countOf(broker, "Metadata")).toBeLessThan(80);
});

test("an error that the broker has no name for, as when it can't reach its tiered storage, is a passing one", async () => {
  const batch = await batchOf("first");
  const unknownError: Script = () => fetchAnswer(Buffer.alloc(0), -1);
  const { driver } = reading([unknownError, unknownError, () => fetchAnswer(batch), silence]);
  const reader = await driver;
  expect(await reader.take(1)).toBe(true);
  expect(reader.records).toMatchObject([{ value: "first" }]);
  await reader.close();
});

test("a partition of which something was heard in between is tried for the whole time again", async () => {
  const batch = await batchOf("first");
  const nothing: Script = () => fetchAnswer(Buffer.alloc(0));
  const trouble = Array<Script>(10).fill(unreachable);
  const { driver } = reading([...trouble, nothing, ...trouble, () => fetchAnswer(batch), silence], { unavailableMs: 1_500, fetchMs: 100 });
  const reader = await driver;
  expect(await reader.take(1)).toBe(true);
  expect(reader.records).toMatchObject([{ value: "first" }]);
  await reader.close();
});

describe("an offset that is no longer in the log, while records before it have been fetched and not been read,", () => {
  const start = { offsets: { "t-0": 0 } };
  const logFrom50: Script = (request) => (request.apiName === "ListOffsets" ? listOffsetsAnswer(request, 50, 100) : undefined);

  test.each([
    ["earliest", 50],
    ["latest", 100],
  ] as const)("is passed over once they are read (%s)", async (onOffsetOutOfRange, offset) => {
    const first = await batchOf("first");
    const next = await batchOf("next", offset);
    const { broker, driver } = reading(
      [() => fetchAnswer(first), outOfRange, outOfRange, () => fetchAnswer(next), silence],
      { onOffsetOutOfRange, start },
      logFrom50,
    );
    const reader = await driver;
    const askedBefore = countOf(broker, "ListOffsets");
    // Gives the reader its splits, and reads nothing.
    reader.checkpoint();
    await expect.poll(() => countOf(broker, "ListOffsets")).toBe(askedBefore + 2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // It is left out of what is fetched meanwhile.
    expect(countOf(broker, "Fetch")).toBe(2);
    await reader.take(2);
    expect(reader.records).toMatchObject([{ value: "first" }, { value: "next" }]);
    expect(reader.checkpoint().splits).toMatchObject([{ offset: offset + 1 }]);
    await reader.close();
  });

  test("fails the reader where it is to fail", async () => {
    const first = await batchOf("first");
    const { driver } = reading([() => fetchAnswer(first), outOfRange], { start }, logFrom50);
    const reader = await driver;
    await expect(reader.take(2)).rejects.toMatchObject({ code: "KAFKA_OFFSET_OUT_OF_RANGE" });
    await reader.close();
  });
});
