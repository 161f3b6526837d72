import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { BatchBuilder, noProducer } from "../src/batch/batch-builder.ts";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { kafka, text } from "../src/index.ts";
import { ByteReader } from "../src/protocol/byte-reader.ts";
import { Fetcher } from "../src/source/fetcher.ts";
import { readingOptions } from "../src/source/options.ts";
import { PartitionReading } from "../src/source/partition-reading.ts";
import { countOf, fetchAnswer, metadataAnswer, type Script, scriptedBroker, silence, topicId, topicsAsked } from "./scripted-broker.ts";

const mebibyte = 1 << 20;
const bufferBytes = 4 * mebibyte;

/** Reads so many partitions of topic "t". */
function fetching(partitions: number, script: Script) {
  const broker = scriptedBroker(script);
  const client = new KafkaClient(kafka({ brokers: ["scripted:9092"], transport: broker.create }), nodePorts);
  const failures: unknown[] = [];
  const fetcher = new Fetcher(client, readingOptions({ fetch: { bufferBytes } }), {
    available: () => undefined,
    failed: (error) => failures.push(error),
  });
  const readings = Array.from({ length: partitions }, (_, partition) => {
    const split = { id: `t-${partition}`, topic: "t", topicId, partition, offset: 0, stop: null };
    return new PartitionReading<unknown>(split, text(), "fail");
  });
  fetcher.add(readings);
  const close = async (): Promise<void> => {
    fetcher.close();
    await client.close();
  };
  return { broker, fetcher, readings, failures, close };
}

/** Of a MiB each, and much less on their way. */
async function compressedBatches(count: number): Promise<Buffer> {
  const batches = Array.from({ length: count }, async (_, offset) => {
    const builder = new BatchBuilder(mebibyte);
    builder.append(1, null, "x".repeat(mebibyte), undefined);
    const batch = await builder.finish("gzip", noProducer);
    batch.writeBigInt64BE(BigInt(offset), 0);
    return batch;
  });
  return Buffer.concat(await Promise.all(batches));
}

test("what is fetched ahead is bounded as it is in memory, not as it came: compressed batches wait for room", async () => {
  const count = 64;
  const records = await compressedBatches(count);
  let answered = false;
  const { fetcher, readings, failures, close } = fetching(1, ({ apiName }) => {
    if (apiName !== "Fetch") return undefined;
    if (answered) return silence();
    answered = true;
    return fetchAnswer(records);
  });
  const [reading] = readings as [PartitionReading<unknown>];
  let offset = 0;
  let mostBytes = 0;
  const output = {
    stop: false,
    collect: () => {
      offset++;
    },
    side: () => undefined,
    splitFinished: () => undefined,
  };
  // Many turns: nothing more comes while nobody reads.
  await expect.poll(() => reading.bufferedBytes).toBeGreaterThan(bufferBytes);
  await new Promise((resolve) => setTimeout(resolve, 200));
  while (offset < count) {
    mostBytes = Math.max(mostBytes, reading.bufferedBytes);
    reading.deliver(output, 1);
    fetcher.roomMade();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await close();
  expect(failures).toEqual([]);
  expect(mostBytes).toBeLessThan(3 * bufferBytes);
});

/** Of a Fetch request. */
function maxBytesOf(body: Buffer): number {
  const [tags, replicaId, maxWaitMs, minBytes] = [1, 4, 4, 4];
  return body.readInt32BE(tags + replicaId + maxWaitMs + minBytes);
}

test("all brokers together are asked for no more than there is room for", async () => {
  const leaders = [1, 2, 3, 4, 5, 6, 7, 8];
  const { broker, close } = fetching(leaders.length, ({ apiName, body }) => {
    if (apiName === "Fetch") return silence();
    return apiName === "Metadata" ? metadataAnswer(topicsAsked(body), leaders) : undefined;
  });
  await expect.poll(() => countOf(broker, "Fetch")).toBe(leaders.length);
  await close();
  const asked = broker.requests.filter(({ apiName }) => apiName === "Fetch").map(({ body }) => maxBytesOf(body));
  expect(asked.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(bufferBytes);
});

/** Numbers of the partitions in a Fetch request, in their order, outside of any session. */
function partitionsOf(body: Buffer): readonly number[] {
  const reader = new ByteReader(body);
  reader.bytes(1 + 4 + 4 + 4 + 4 + 1 + 4 + 4);
  const topics = reader.compactArray(() => {
    reader.uuid();
    const partitions = reader.compactArray(() => {
      const partition = reader.int32();
      reader.bytes(4 + 8 + 4 + 8 + 4);
      reader.tags();
      return partition;
    });
    reader.tags();
    return partitions;
  });
  return topics.flat();
}

test("where a broker keeps no sessions, the partitions that fill an answer leave room for the others in the next", async () => {
  const partitions = [0, 1, 2, 3, 4, 5];
  const offsets = new Map<number, number>();
  const answered = new Set<number>();
  const { broker, close } = fetching(partitions.length, async ({ apiName, body }) => {
    if (apiName === "Metadata")
      return metadataAnswer(
        topicsAsked(body),
        partitions.map(() => 1),
      );
    if (apiName !== "Fetch") return undefined;
    // As brokers do it: an answer is filled in the order of the request. Here one batch is an answer.
    const [partition] = partitionsOf(body);
    if (partition === undefined) return silence();
    answered.add(partition);
    const offset = offsets.get(partition) ?? 0;
    offsets.set(partition, offset + 1);
    const builder = new BatchBuilder(64);
    builder.append(1, null, "x", undefined);
    const batch = await builder.finish("none", noProducer);
    batch.writeBigInt64BE(BigInt(offset), 0);
    return fetchAnswer(batch, 0, partition);
  });
  await expect.poll(() => countOf(broker, "Fetch")).toBeGreaterThan(2 * partitions.length);
  await close();
  expect([...answered].sort()).toEqual(partitions);
});
