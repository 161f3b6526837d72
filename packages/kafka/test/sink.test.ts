import { seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver } from "@millrace/testkit/drivers";
import { sinkSuite } from "@millrace/testkit/suites";
import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import {
  bytes,
  endKafkaTransaction,
  json,
  type KafkaSinkOptions,
  kafka,
  kafkaSink,
  kafkaTransaction,
  kafkaTransactions,
  text,
} from "../src/index.ts";
import { transactionsIn } from "../src/transactions/transaction-calls.ts";
import { testBroker } from "./broker.ts";
import { FaultyNetwork } from "./faulty-transport.ts";
import { type Row, sinkCases } from "./sink-cases.ts";

vi.setConfig({ testTimeout: 300_000 });
// A history that failed leaves transactions open: what is tried after it would not be the same.
fc.configureGlobal({ endOnFailure: true, interruptAfterTimeLimit: 20_000 });
const broker = await testBroker();

describe.skipIf(broker === undefined)("the Kafka sink on a real broker", () => {
  const { cluster, topic } = broker as NonNullable<typeof broker>;
  const { makeCase, read } = sinkCases(broker as NonNullable<typeof broker>);

  sinkSuite("kafka, exactly-once", () => makeCase({}, new FaultyNetwork()));
  sinkSuite("kafka, exactly-once, written ahead", () => makeCase({ transactions: "writeAhead" }, new FaultyNetwork()));
  sinkSuite("kafka, at-least-once", () => makeCase({ guarantee: "at-least-once" }, new FaultyNetwork()));

  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  describe(`over a network that loses requests and answers (SEED=${seed})`, () => {
    const random = seededRandom(seed);
    const fates = ["loseRequest", "loseAnswer"] as const;
    const network = () => new FaultyNetwork(() => (random.uint32() % 8 === 0 ? (fates[random.uint32() % 2] as "loseAnswer") : "pass"));
    sinkSuite("kafka, exactly-once", () => makeCase({}, network()));
  });

  test("keys choose partitions as other clients do; headers, timestamps and tombstones arrive", async () => {
    const name = await topic(5);
    const sender = await (broker as NonNullable<typeof broker>).producer();
    const keys = Array.from({ length: 40 }, (_, n) => `key ${n} ${"é".repeat(n % 5)}`);
    await sender.send({ topic: name, messages: keys.map((key) => ({ key, value: "0" })) });
    const driver = await SinkDriver.open(
      kafkaSink<string>(cluster, name, {
        value: json(),
        key: (key) => key,
        tombstone: (key) => key === keys[7],
        headers: (key) => ({ length: String(key.length) }),
        guarantee: "at-least-once",
      }),
      { ports: nodePorts },
    );
    for (const [n, key] of keys.entries()) await driver.write(key, 0, 1_000 + n);
    await driver.finish();
    const found = await read<unknown>(name);
    for (const [n, key] of keys.entries()) {
      const [theirs, ours] = found.filter((record) => record.key === key).sort((a, b) => Number(a.value !== 0) - Number(b.value !== 0));
      expect(ours?.partition, key).toBe(theirs?.partition);
      expect(ours).toMatchObject({ value: n === 7 ? null : key, timestamp: 1_000 + n, headers: { length: Buffer.from(String(key.length)) } });
    }
  });

  test.each(["gzip", "snappy", "lz4", "zstd"] as const)("batches compressed with %s are taken by the broker", async (compression) => {
    const name = await topic(1);
    const driver = await SinkDriver.open(
      kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once", compression, batchBytes: 1_000 }),
      { ports: nodePorts },
    );
    const values = Array.from({ length: 300 }, (_, n) => JSON.stringify(`value ${n}`));
    await driver.writeAll(values);
    await driver.finish();
    expect((await read<string>(name)).map(({ value }) => JSON.stringify(value))).toEqual(values);
  });

  test("topics that a function names are looked up when they are met first; order is kept meanwhile", async () => {
    const names = [await topic(1), await topic(1)] as const;
    const driver = await SinkDriver.open(
      kafkaSink<Row>(cluster, ({ n }) => names[n % 2] as string, { value: json(), transactionalIdPrefix: "dynamic" }),
      { ports: nodePorts },
    );
    for (let n = 0; n < 20; n++) await driver.write({ n });
    await driver.finish();
    await expect.poll(async () => (await read<Row>(names[0])).map(({ value }) => value?.n)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    await expect.poll(async () => (await read<Row>(names[1])).map(({ value }) => value?.n)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
  });

  test("a prepared transaction that times out is a loud failure, or is accepted with its offsets; written ahead it is not lost", async () => {
    const name = await topic(1);
    const common = { value: json<Row>(), restartMs: 100, transactionTimeoutMs: 10_100 };
    const sinkOf = (options: Partial<KafkaSinkOptions<Row>>) =>
      kafkaSink<Row>(cluster, name, { ...common, transactionalIdPrefix: `${name}-x`, ...options });
    const driver = await SinkDriver.open(sinkOf({}), { ports: nodePorts });
    await driver.writeAll([{ n: 1 }, { n: 2 }]);
    const checkpoint = await driver.prepare();
    driver.complete(checkpoint);
    await driver.close();
    const client = new KafkaClient(cluster, nodePorts);
    const open = async () => (await transactionsIn(client, ["Ongoing"])).filter(({ transactionalId }) => transactionalId.startsWith(name));
    await expect.poll(open, { timeout: 30_000, interval: 500 }).toEqual([]);
    await client.close();
    await expect(SinkDriver.open(sinkOf({}), { ports: nodePorts, restored: checkpoint })).rejects.toMatchObject({
      code: "KAFKA_TRANSACTION_LOST",
      where: { position: `${name}-0@0..1` },
    });
    const accepting = await SinkDriver.open(sinkOf({}), { ports: nodePorts, restored: checkpoint, acceptLoss: true }, 9);
    await accepting.finish();
    expect(accepting.lost).toEqual([expect.stringContaining(`${name}-0@0..1`)]);
    expect(await read(name)).toEqual([]);
  });

  test("a transaction timeout that can't cover interval and restart, or that the broker does not allow, is refused at the start", async () => {
    const name = await topic(1);
    const open = (options: Partial<KafkaSinkOptions<Row>>) =>
      SinkDriver.open(kafkaSink<Row>(cluster, name, { value: json(), ...options }), { ports: nodePorts });
    await expect(open({ restartMs: 3_600_000 })).rejects.toMatchObject({ code: "KAFKA_TRANSACTION_TIMEOUT" });
    await expect(open({ transactionTimeoutMs: 5_000 })).rejects.toMatchObject({ code: "KAFKA_TRANSACTION_TIMEOUT" });
    await expect(open({ transactionTimeoutMs: 3_600_000 })).rejects.toMatchObject({ code: "KAFKA_TRANSACTION_TIMEOUT" });
  });

  test("an open transaction is listed, described, and ended by hand", async () => {
    const name = await topic(1);
    const prefix = `${name}-hand`;
    const sink = kafkaSink<Row>(cluster, name, { value: json(), transactionalIdPrefix: prefix });
    for (const end of ["commit", "abort"] as const) {
      const driver = await SinkDriver.open(sink, { ports: nodePorts, runId: end });
      await driver.write({ n: end.length });
      const checkpoint = await driver.prepare();
      await driver.close();
      const [open, ...others] = await kafkaTransactions(cluster, nodePorts, { prefix, states: ["Ongoing"] });
      expect(others).toEqual([]);
      expect(open).toMatchObject({ state: "Ongoing", partitions: expect.arrayContaining([{ topic: name, partition: 0 }]) });
      const id = open?.transactionalId ?? "";
      await endKafkaTransaction(cluster, nodePorts, id, end);
      await expect
        .poll(async () => (await kafkaTransaction(cluster, nodePorts, id)).state)
        .toBe(end === "commit" ? "CompleteCommit" : "CompleteAbort");
      await expect(endKafkaTransaction(cluster, nodePorts, id, end)).rejects.toMatchObject({ code: "KAFKA_TRANSACTION" });
      // The job's own commit finds it committed, or says that it is lost.
      const again = SinkDriver.open(sink, { ports: nodePorts, runId: end, restored: checkpoint }, 5);
      if (end === "commit") await (await again).finish();
      else await expect(again).rejects.toMatchObject({ code: "KAFKA_TRANSACTION_LOST" });
    }
    expect((await read<Row>(name)).map(({ value }) => value)).toEqual([{ n: 6 }]);
    await expect(kafkaTransaction(cluster, nodePorts, "never-used")).rejects.toMatchObject({ code: "KAFKA_TRANSACTION" });
  });

  test("a coordinator that is still loading is asked again for what is open; one that refuses is an error with the code's name", async () => {
    const name = await topic(1);
    const sinkOn = (network: FaultyNetwork) =>
      kafkaSink<Row>(kafka({ brokers: [(broker as NonNullable<typeof broker>).bootstrap], transport: network.create }), name, {
        value: json(),
        transactionalIdPrefix: `${name}-loading`,
      });
    const left = await SinkDriver.open(sinkOn(new FaultyNetwork()), { ports: nodePorts, parallelism: 2 });
    await left.write({ n: 1 }, 1);
    await left.prepare();
    await left.close();
    const open = () => kafkaTransactions(cluster, nodePorts, { prefix: `${name}-loading`, states: ["Ongoing"] });
    expect(await open()).toHaveLength(1);
    // As a broker answers: the code, and lists that are empty.
    const listing = (...codes: readonly number[]) => {
      const left = [...codes];
      return new FaultyNetwork(
        () => "pass",
        ({ apiName }, answer) => {
          const code = apiName === "ListTransactions" ? left.shift() : undefined;
          return code === undefined ? answer : Buffer.from([0, 0, 0, 0, 0, 0, code, 1, 1, 0]);
        },
      );
    };
    const [loadInProgress, invalidRequest] = [14, 42];
    await expect(SinkDriver.open(sinkOn(listing(invalidRequest)), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_TRANSACTION",
      message: expect.stringContaining("(42)"),
    });
    const driver = await SinkDriver.open(sinkOn(listing(loadInProgress, loadInProgress)), { ports: nodePorts });
    expect(await open()).toEqual([]);
    await driver.close();
  });

  test("a second writer fences the first", async () => {
    const name = await topic(1);
    const sink = kafkaSink<Row>(cluster, name, { value: json(), transactionalIdPrefix: `${name}-fence` });
    const first = await SinkDriver.open(sink, { ports: nodePorts });
    await first.write({ n: 1 });
    const second = await SinkDriver.open(sink, { ports: nodePorts, runId: "run2" });
    await expect(first.prepare()).rejects.toMatchObject({ code: "KAFKA_FENCED" });
    await second.write({ n: 2 });
    await second.finish();
    await first.close();
    await expect.poll(async () => (await read<Row>(name)).map(({ value }) => value)).toEqual([{ n: 2 }]);
  });

  test("a topic that does not exist is named before anything runs", async () => {
    await expect(SinkDriver.open(kafkaSink(cluster, "no-such-topic", { value: bytes() }), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_TOPIC_MISSING",
    });
  });

  test.each(["open", "writeAhead"] as const)(
    "a record that its topic takes is not refused for those that it travels with (%s)",
    async (transactions) => {
      const name = await topic(1);
      const values = ["a".repeat(200_000), "b".repeat(900_000)];
      const sink = kafkaSink<string>(cluster, name, { value: json(), transactionalIdPrefix: `${name}-large`, transactions });
      const driver = await SinkDriver.open(sink, { ports: nodePorts });
      await driver.writeAll(values);
      await driver.finish();
      await expect.poll(async () => (await read<string>(name)).map(({ value }) => value?.length)).toEqual([200_000, 900_000]);
    },
  );

  test("written ahead: a batch of a checkpoint that the topic does not take is written in smaller ones; a record that it does not take is named", async () => {
    const name = await topic(1, { "max.message.bytes": "1000" });
    const sink = kafkaSink<string>(cluster, name, { value: json(), transactionalIdPrefix: `${name}-halves`, transactions: "writeAhead" });
    const driver = await SinkDriver.open(sink, { ports: nodePorts });
    const values = Array.from({ length: 50 }, (_, n) => `${n} ${"x".repeat(n)}`);
    await driver.writeAll(values);
    await driver.checkpoint();
    await expect.poll(async () => (await read<string>(name)).map(({ value }) => value)).toEqual(values);
    await driver.write("x".repeat(2_000));
    await expect(driver.checkpoint()).rejects.toMatchObject({ code: "KAFKA_TOO_LARGE" });
    await driver.close();
  });

  test("written ahead: records that the topic does not take stop each start, until it takes them or their loss is accepted by name", async () => {
    const name = await topic(1, { "max.message.bytes": "1000" });
    const gone = await topic(1);
    const topicOf = (value: string) => (value.startsWith("gone") ? gone : name);
    const prefix = `${name}-never`;
    const sink = kafkaSink<string>(cluster, topicOf, { value: json(), transactionalIdPrefix: prefix, transactions: "writeAhead" });
    const driver = await SinkDriver.open(sink, { ports: nodePorts });
    await driver.writeAll(["a", "x".repeat(2_000), "gone 1", "b", "y".repeat(3_000), "gone 2", "c"]);
    const checkpoint = await driver.prepare();
    driver.complete(checkpoint);
    await driver.close();
    await (await (broker as NonNullable<typeof broker>).admin()).deleteTopics({ topics: [gone] });
    const again = (options: { readonly acceptLoss?: boolean } = {}) =>
      SinkDriver.open(sink, { ports: nodePorts, restored: checkpoint, ...options }, 9);
    for (let start = 0; start < 2; start++)
      await expect(again()).rejects.toMatchObject({
        code: "KAFKA_TOPIC_MISSING",
        message: expect.stringContaining("2 records"),
        hint: expect.stringContaining("--accept-loss"),
        where: { position: `${gone}-0` },
      });
    const accepting = await again({ acceptLoss: true });
    await accepting.close();
    expect(accepting.lost).toEqual([
      expect.stringMatching(new RegExp(`2 records \\(\\d+ bytes\\) for ${gone}-0.*, 2 records \\(5\\d{3} bytes\\) for ${name}-0: MESSAGE_TOO_LARGE`)),
    ]);
    await expect.poll(async () => (await read<string>(name)).map(({ value }) => value)).toEqual(["a", "b", "c"]);
    // It was done, and has nothing to accept any more.
    const later = await again();
    expect(later.lost).toEqual([]);
    await later.close();
    expect((await read<string>(name)).map(({ value }) => value)).toEqual(["a", "b", "c"]);
  });

  test("a record that the topic does not take is named", async () => {
    const name = await topic(1, { "max.message.bytes": "1000" });
    const driver = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once" }), { ports: nodePorts });
    await driver.write("x".repeat(2_000));
    await expect(driver.prepare()).rejects.toMatchObject({ code: "KAFKA_TOO_LARGE" });
    await driver.close();
  });
});
