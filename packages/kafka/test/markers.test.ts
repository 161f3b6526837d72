import { nodePorts } from "@millrace/core/node";
import { type SinkCheckpoint, SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test, vi } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { json, type KafkaCluster, type KafkaSinkOptions, kafka, kafkaSink, kafkaSource, kafkaTransactions } from "../src/index.ts";
import { createKafkajsTransport } from "../src/node/kafkajs/kafkajs-transport.ts";
import type { WriteAheadCommittable } from "../src/transactions/committable.ts";
import { markerPartition } from "../src/transactions/markers.ts";
import type { CreateTransport } from "../src/transport/transport.ts";
import { testBroker } from "./broker.ts";

vi.setConfig({ testTimeout: 60_000 });
const broker = await testBroker();

describe.skipIf(broker === undefined)("a marker that was committed counts, whatever is open beside it", () => {
  const { admin, cluster, topic, bootstrap } = broker as NonNullable<typeof broker>;
  const onPorts = { ports: nodePorts };

  const sinkOf = (name: string, options: Partial<KafkaSinkOptions<number>> = {}, on: KafkaCluster = cluster) =>
    kafkaSink<number>(on, name, { value: json(), transactionalIdPrefix: `${name}-A`, ...options });

  async function values(name: string): Promise<readonly number[]> {
    const driver = await SourceDriver.open(kafkaSource(cluster, name, json<number>(), { stop: "latest" }), onPorts);
    const found = (await driver.drain()).map(({ value }) => value);
    await driver.close();
    return found.sort();
  }

  async function partitionsOf(name: string): Promise<number> {
    const client = new KafkaClient(cluster, nodePorts);
    return client
      .topics([name])
      .then(([found]) => found?.partitions.length ?? 0)
      .finally(() => client.close());
  }

  const completed = (driver: SinkDriver<number>): SinkCheckpoint => driver.completed as SinkCheckpoint;
  const statesOf = async (prefix: string) => (await kafkaTransactions(cluster, nodePorts, { prefix })).map(({ state }) => state);

  /** Another job, whose markers are in the same partition, prepares a transaction; what comes back commits it. */
  async function prepareElsewhere(): Promise<() => Promise<void>> {
    const other = await SinkDriver.open(sinkOf(await topic(1)), { ...onPorts, runId: "another" });
    await other.write(99);
    const prepared = await other.prepare();
    return async () => {
      await other.commit(prepared);
      await other.close();
    };
  }

  test("written ahead: a restart writes nothing twice", async () => {
    const settle = await prepareElsewhere();
    const name = await topic(1);
    const sink = sinkOf(name, { transactions: "writeAhead" });
    const first = await SinkDriver.open(sink, onPorts);
    await first.writeAll([1, 2, 3]);
    await first.checkpoint();
    await first.close();
    const second = await SinkDriver.open(sink, { ...onPorts, restored: completed(first) }, 2);
    await second.close();
    await settle();
    await expect.poll(() => statesOf(`${name}-A`)).not.toContain("PrepareCommit");
    expect(await values(name)).toEqual([1, 2, 3]);
  });

  test("written ahead: a marker topic that has more partitions than before has what it had", async () => {
    const name = await topic(1);
    const markerTopic = await topic(1, { "cleanup.policy": "compact" });
    const sink = sinkOf(name, { transactions: "writeAhead", markerTopic });
    const first = await SinkDriver.open(sink, { ...onPorts, runId: "run" });
    await first.writeAll([1, 2, 3]);
    await first.checkpoint();
    await first.close();
    const { writer } = completed(first).committables[0] as WriteAheadCommittable;
    const count = [2, 3, 4, 5, 6, 7, 8, 9].find((partitions) => markerPartition(writer, partitions) !== 0) ?? 2;
    await (await admin()).createPartitions({ topicPartitions: [{ topic: markerTopic, count }] });
    await expect.poll(() => partitionsOf(markerTopic)).toBe(count);
    const second = await SinkDriver.open(sink, { ...onPorts, runId: "run", restored: completed(first) }, 2);
    await second.close();
    expect(await values(name)).toEqual([1, 2, 3]);
  });

  test("open: a transaction whose id was taken again is not taken for lost", async () => {
    const settle = await prepareElsewhere();
    const name = await topic(1);
    const first = await SinkDriver.open(sinkOf(name), onPorts);
    await first.write(1);
    await first.checkpoint();
    await first.write(2);
    // Takes the id of the first checkpoint again, ahead of time; then the process dies.
    await first.prepare();
    await expect.poll(() => statesOf(`${name}-A-0-0`)).toEqual(["Empty"]);
    const second = await SinkDriver.open(sinkOf(name), { ...onPorts, restored: completed(first) }, 3);
    await second.close();
    await first.close();
    await settle();
    expect(await values(name)).toEqual([1]);
  });

  test("written ahead: a writer that died in its commit does not have another's records written twice", async () => {
    const name = await topic(1);
    let process: "first" | "dead" | "second" = "first";
    const zeroCommits = Promise.withResolvers<void>();
    const oneHasLooked = Promise.withResolvers<void>();
    const transport: CreateTransport = (options) => {
      const inner = createKafkajsTransport(options);
      const never = new Promise<never>(() => undefined);
      return {
        async send(address, request) {
          const { apiName } = request;
          const isOf = (subtask: number): boolean => request.body.includes(`${name}-A-${subtask}-ahead`);
          if (process === "dead") return never;
          if (process === "second") {
            // Taking the id would abort the transaction that the first process has left open.
            if (apiName === "InitProducerId" && isOf(0)) await oneHasLooked.promise;
            const answer = await inner.send(address, request);
            if (apiName === "ListOffsets") oneHasLooked.resolve();
            return answer;
          }
          // Writer 0 gets as far as its commit; writer 1 begins then, gets through, and the process dies.
          if (apiName === "InitProducerId" && isOf(1)) await zeroCommits.promise;
          if (apiName === "EndTxn" && isOf(0)) {
            zeroCommits.resolve();
            return never;
          }
          const answer = await inner.send(address, request);
          if (apiName === "EndTxn" && isOf(1)) process = "dead";
          return answer;
        },
        close: () => inner.close(),
      };
    };
    const sink = sinkOf(name, { transactions: "writeAhead", markerTopic: `${name}-markers` }, kafka({ brokers: [bootstrap], transport }));
    const first = await SinkDriver.open(sink, { ...onPorts, parallelism: 2 });
    await first.writeAll([1, 2]);
    const prepared = await first.prepare();
    first.complete(prepared);
    first.commit(prepared).catch(() => undefined);
    await expect.poll(() => process, { timeout: 20_000 }).toBe("dead");
    process = "second";
    const second = await SinkDriver.open(sink, { ...onPorts, parallelism: 2, restored: prepared }, 2);
    await second.close();
    await first.close();
    await expect.poll(async () => (await values(name)).length).toBeGreaterThanOrEqual(2);
    expect(await values(name)).toEqual([1, 2]);
  });
});
