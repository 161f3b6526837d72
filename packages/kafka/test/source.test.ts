import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import { sourceSuite } from "@millrace/testkit/suites";
import { CompressionTypes } from "kafkajs";
import { describe, expect, test } from "vitest";
import { bytes, json, kafka, kafkaSource, records, text } from "../src/index.ts";
import { createKafkajsTransport } from "../src/node/kafkajs/kafkajs-transport.ts";
import type { KafkaSplit } from "../src/source/split.ts";
import type { CreateTransport } from "../src/transport/transport.ts";
import { testBroker } from "./broker.ts";
import { createTopics, known } from "./create-topics.ts";

process.env.KAFKAJS_NO_PARTITIONER_WARNING = "1";
const broker = await testBroker();

describe.skipIf(broker === undefined)("the Kafka source on a real broker", () => {
  const { cluster, topic, producer, client, bootstrap } = broker as NonNullable<typeof broker>;

  async function filled(partitions: number, count: number): Promise<string> {
    const name = await topic(partitions);
    const sender = await producer();
    const messages = Array.from({ length: count }, (_, n) => ({
      value: JSON.stringify({ n }),
      partition: n % partitions,
      timestamp: String(1_000 + n),
    }));
    await sender.send({ topic: name, messages });
    return name;
  }

  describe("suite", () => {
    let name: string | undefined;
    sourceSuite("kafka", async () => {
      name ??= await filled(3, 24);
      return {
        source: kafkaSource(cluster, name, json<{ n: number }>(), { stop: "latest" }),
        ports: nodePorts,
        expected: Array.from({ length: 24 }, (_, n) => ({ n })),
      };
    });
  });

  test("whole records come with topic, partition, offset, timestamp, key and headers; a tombstone is a null value", async () => {
    const name = await topic(1);
    const sender = await producer();
    await sender.send({
      topic: name,
      messages: [
        { key: "k", value: "v", headers: { a: "1" }, timestamp: "5" },
        { key: "k", value: null, timestamp: "6" },
      ],
    });
    const driver = await SourceDriver.open(kafkaSource(cluster, name, records(text(), text()), { stop: "latest" }), { ports: nodePorts });
    const found = await driver.drain();
    await driver.close();
    expect(found.map(({ value, timestamp }) => ({ ...value, at: timestamp }))).toEqual([
      { topic: name, partition: 0, offset: 0, timestamp: 5, key: "k", value: "v", headers: { a: Buffer.from("1") }, at: 5 },
      { topic: name, partition: 0, offset: 1, timestamp: 6, key: "k", value: null, headers: {}, at: 6 },
    ]);
  });

  test("gzip from another client is read", async () => {
    const name = await topic(1);
    const sender = await producer();
    const messages = Array.from({ length: 500 }, (_, n) => ({ value: `value ${n} ${"x".repeat(n % 50)}` }));
    await sender.send({ topic: name, messages, compression: CompressionTypes.GZIP });
    const driver = await SourceDriver.open(kafkaSource(cluster, name, text(), { stop: "latest" }), { ports: nodePorts });
    expect((await driver.drain()).map(({ value }) => value)).toEqual(messages.map(({ value }) => value));
    await driver.close();
  });

  test("start and stop by offsets, by timestamp, and at the latest", async () => {
    const name = await filled(1, 10);
    const read = async (options: Parameters<typeof kafkaSource>[3]) => {
      const driver = await SourceDriver.open(kafkaSource(cluster, name, json<{ n: number }>(), options), { ports: nodePorts });
      const found = (await driver.drain()).map(({ value }) => value.n);
      await driver.close();
      return found;
    };
    expect(await read({ start: { offsets: { [`${name}-0`]: 3 } }, stop: { offsets: { [`${name}-0`]: 6 } } })).toEqual([3, 4, 5]);
    expect(await read({ start: { timestampMs: 1_004 }, stop: { timestampMs: 1_008 } })).toEqual([4, 5, 6, 7]);
    expect(await read({ start: "latest", stop: "latest" })).toEqual([]);
    expect(await read({ start: { timestampMs: 9_999 }, stop: "latest" })).toEqual([]);
  });

  test("partitions of a topic that several items name are all read", async () => {
    const name = await filled(3, 6);
    const choice = [
      { topic: name, partitions: [0] },
      { topic: name, partitions: [1] },
    ];
    const driver = await SourceDriver.open(kafkaSource(cluster, choice, json<{ n: number }>(), { stop: "latest" }), { ports: nodePorts });
    expect((await driver.drain()).map(({ value }) => value.n).sort()).toEqual([0, 1, 3, 4]);
    await driver.close();
  });

  test("a record that comes while the offset of a timestamp is looked up is read", async () => {
    const name = await filled(1, 1);
    const sender = await producer();
    let looks = 0;
    const transport: CreateTransport = (options) => {
      const inner = createKafkajsTransport(options);
      return {
        async send(address, request) {
          const answer = await inner.send(address, request);
          if (request.apiName === "ListOffsets" && looks++ === 0) await sender.send({ topic: name, messages: [{ value: "1", timestamp: "2000" }] });
          return answer;
        },
        close: () => inner.close(),
      };
    };
    const driver = await SourceDriver.open(kafkaSource(kafka({ brokers: [bootstrap], transport }), name, text(), { start: { timestampMs: 2_000 } }), {
      ports: nodePorts,
    });
    await sender.send({ topic: name, messages: [{ value: "2", timestamp: "3000" }] });
    await driver.take(1);
    await driver.close();
    expect(driver.records[0]?.value).toBe("1");
  });

  test("start where a group has committed; with otherwise: fail a group without offsets is refused", async () => {
    const name = await filled(1, 10);
    const admin = client.admin();
    await admin.connect();
    await admin.setOffsets({ groupId: `${name}-g`, topic: name, partitions: [{ partition: 0, offset: "7" }] });
    await admin.disconnect();
    const source = (committed: string) =>
      kafkaSource(cluster, name, json<{ n: number }>(), { start: { committed, otherwise: "fail" }, stop: "latest" });
    const driver = await SourceDriver.open(source(`${name}-g`), { ports: nodePorts });
    expect((await driver.drain()).map(({ value }) => value.n)).toEqual([7, 8, 9]);
    await driver.close();
    await expect(SourceDriver.open(source(`${name}-none`), { ports: nodePorts })).rejects.toMatchObject({ code: "KAFKA_NOT_COMMITTED" });
  });

  test("a bounded read ends behind control records, aborted transactions and nothing at all", async () => {
    const name = await topic(1);
    const read = async () => {
      const driver = await SourceDriver.open(kafkaSource(cluster, name, text(), { stop: "latest" }), { ports: nodePorts });
      const found = (await driver.drain()).map(({ value }) => value);
      await driver.close();
      return found;
    };
    expect(await read()).toEqual([]);
    const sender = client.producer({ transactionalId: `${name}-t`, maxInFlightRequests: 1, idempotent: true });
    await sender.connect();
    for (const [value, commit] of [
      ["a", true],
      ["b", false],
      ["c", true],
      ["d", false],
    ] as const) {
      const transaction = await sender.transaction();
      await transaction.send({ topic: name, messages: [{ value }] });
      if (commit) await transaction.commit();
      else await transaction.abort();
    }
    await sender.disconnect();
    await expect.poll(read, { timeout: 10_000 }).toEqual(["a", "c"]);
  });

  test("a partition that is paused with a full buffer keeps no other from being read, and goes on where it was", async () => {
    const name = await topic(2);
    const sender = await producer();
    const ahead = Array.from({ length: 3 }, (_, n) => `ahead ${n} ${"x".repeat(2_000)}`);
    await sender.send({ topic: name, messages: ahead.map((value) => ({ partition: 0, value })) });
    const source = kafkaSource(cluster, name, text(), { fetch: { bufferBytes: 1_000 } });
    let came = Promise.withResolvers<void>();
    const reader = source.createReader({ ports: nodePorts, subtask: 0, requestSplit: () => undefined, available: () => came.resolve() });
    const splits: KafkaSplit[] = [];
    const assign = (_: number, found: readonly KafkaSplit[]): void => void splits.push(...found);
    const enumerator = source.createEnumerator(
      { ports: nodePorts, parallelism: 1, assign, noMoreSplits: () => undefined, fail: () => undefined },
      undefined,
    );
    await enumerator.start();
    const found: string[] = [];
    const read = async (count: number): Promise<void> => {
      while (found.length < count) {
        came = Promise.withResolvers();
        const output = { collect: (_: string, value: string) => void found.push(value), side: () => {}, splitFinished: () => {}, stop: false };
        if (reader.poll(output, 10) === "waiting") await came.promise;
      }
    };
    reader.addSplits(splits);
    came = Promise.withResolvers();
    await came.promise;
    reader.pauseSplits?.(new Set([`${name}-0`]));
    await sender.send({ topic: name, messages: [{ partition: 1, value: "behind" }] });
    await read(1);
    expect(found).toEqual(["behind"]);
    reader.pauseSplits?.(new Set());
    await read(4);
    expect(found.slice(1)).toEqual(ahead);
    await enumerator.close();
    await reader.close();
  });

  test("bad records fail with their position, are skipped and counted, or go to a side output", async () => {
    const name = await topic(1);
    const sender = await producer();
    await sender.send({ topic: name, messages: [{ value: '{"n":1}' }, { value: "{oops" }, { value: null }, { value: '{"n":2}' }] });
    const open = (onError: "fail" | "skip" | { sideOutput: string }) =>
      SourceDriver.open(kafkaSource(cluster, name, json<{ n: number }>(), { stop: "latest", onError }), { ports: nodePorts });
    const failing = await open("fail");
    await expect(failing.drain()).rejects.toMatchObject({ code: "SOURCE_RECORD", where: { position: `${name}-0@1` } });
    await failing.close();
    const skipping = await open("skip");
    expect((await skipping.drain()).map(({ value }) => value.n)).toEqual([1, 2]);
    await skipping.close();
    const siding = await open({ sideOutput: "bad" });
    await siding.drain();
    await siding.close();
    expect(siding.sideRecords.map(({ name: side, value }) => [side, (value as { offset: number }).offset])).toEqual([
      ["bad", 1],
      ["bad", 2],
    ]);
  });

  test("partitions and topics found while running are read from their beginning", async () => {
    const name = await filled(1, 3);
    const pattern = new RegExp(`^${name}`);
    const driver = await SourceDriver.open(kafkaSource(cluster, pattern, text(), { discoverEveryMs: 200 }), { ports: nodePorts, parallelism: 2 });
    await driver.take(3);
    const admin = client.admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] });
    await createTopics(admin, [{ topic: `${name}-more`, numPartitions: 1 }]);
    await admin.disconnect();
    const sender = await producer();
    await sender.send({ topic: name, messages: [{ partition: 1, value: "new partition" }] });
    await sender.send({ topic: `${name}-more`, messages: [{ value: "new topic" }] });
    await driver.take(2);
    await driver.close();
    expect(
      driver.records
        .slice(3)
        .map(({ value }) => value)
        .sort(),
    ).toEqual(["new partition", "new topic"]);
  });

  test("a topic that was made again is refused, while running and after a restart", async () => {
    const name = await filled(1, 3);
    const source = kafkaSource(cluster, name, text());
    const running = await SourceDriver.open(source, { ports: nodePorts });
    await running.take(3);
    const restored = running.checkpoint();
    const admin = client.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [name] });
    await expect.poll(() => admin.listTopics(), { timeout: 20_000 }).not.toContain(name);
    await createTopics(admin, [{ topic: name, numPartitions: 1 }]);
    await admin.disconnect();
    const sender = await producer();
    await sender.send({ topic: name, messages: Array.from({ length: 9 }, (_, n) => ({ value: String(n) })) });
    await expect(running.take(1)).rejects.toMatchObject({ code: "KAFKA_TOPIC_RECREATED" });
    await running.close();
    await expect(SourceDriver.open(source, { ports: nodePorts, restored }).then((driver) => driver.take(1))).rejects.toMatchObject({
      code: "KAFKA_TOPIC_RECREATED",
    });
  });

  test("a position that is no longer in the log fails by default, or goes on at an end", async () => {
    const name = await filled(1, 10);
    const admin = client.admin();
    await admin.connect();
    await known(admin, name);
    await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: "6" }] });
    await admin.disconnect();
    const open = (onOffsetOutOfRange: "fail" | "earliest" | "latest") =>
      SourceDriver.open(
        kafkaSource(cluster, name, json<{ n: number }>(), { start: { offsets: { [`${name}-0`]: 2 } }, stop: "latest", onOffsetOutOfRange }),
        { ports: nodePorts },
      );
    const failing = await open("fail");
    await expect(failing.drain()).rejects.toMatchObject({ code: "KAFKA_OFFSET_OUT_OF_RANGE" });
    await failing.close();
    const earliest = await open("earliest");
    expect((await earliest.drain()).map(({ value }) => value.n)).toEqual([6, 7, 8, 9]);
    await earliest.close();
    const latest = await open("latest");
    expect(await latest.drain()).toEqual([]);
    await latest.close();
  });

  test("a topic that does not exist and a partition that does not exist are named", async () => {
    await expect(SourceDriver.open(kafkaSource(cluster, "no-such-topic", bytes()), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_TOPIC_MISSING",
    });
    const name = await topic(1);
    await expect(SourceDriver.open(kafkaSource(cluster, [{ topic: name, partitions: [3] }], bytes()), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_TOPIC_MISSING",
    });
  });
});
