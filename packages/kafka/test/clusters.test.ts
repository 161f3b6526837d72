import { nodePorts } from "@millrace/core/node";
import { SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { afterAll, describe, expect, test, vi } from "vitest";
import { KafkaClient } from "../src/client/kafka-client.ts";
import { json, type KafkaSinkOptions, kafkaSink, kafkaSource, text } from "../src/index.ts";
import { type LocalBroker, startLocalBroker } from "../src/node/local-broker/index.ts";
import { testBroker } from "./broker.ts";
import { createTopics } from "./create-topics.ts";

vi.setConfig({ testTimeout: 120_000 });

const replicated = {
  "default.replication.factor": 2,
  "offsets.topic.replication.factor": 2,
  "transaction.state.log.replication.factor": 2,
  "transaction.state.log.min.isr": 1,
  "auto.leader.rebalance.enable": false,
};
/** A cluster of two brokers, of which the second may go, and another cluster. */
const first = process.env.KAFKA_BOOTSTRAP === undefined ? await testBroker({ settings: replicated }) : undefined;
const elsewhere = first === undefined ? undefined : await testBroker();
let second: LocalBroker | undefined;
if (first?.local !== undefined) second = await startLocalBroker({ settings: replicated, node: { id: 2, controller: first.local.controller } });
afterAll(() => second?.stop({ kill: true, clean: true }));

const onPorts = { ports: nodePorts };

describe.skipIf(first === undefined)("on a cluster of two brokers", () => {
  const { cluster, admin: asAdmin } = first as NonNullable<typeof first>;

  /** Partition n has its replicas in the order given; the first leads. */
  async function placed(name: string, replicas: readonly (readonly number[])[]): Promise<string> {
    const admin = await asAdmin();
    const replicaAssignment = replicas.map((list, partition) => ({ partition, replicas: [...list] }));
    await expect.poll(async () => (await admin.describeCluster()).brokers.length, { timeout: 20_000 }).toBe(2);
    await createTopics(admin, [{ topic: name, replicaAssignment, configEntries: [{ name: "retention.ms", value: "-1" }] }]);
    return name;
  }

  /** Of each partition the leader, and how many replicas are in sync. */
  async function state(name: string): Promise<readonly (readonly [leader: number, inSync: number])[]> {
    const { topics } = await (await asAdmin()).fetchTopicMetadata({ topics: [name] });
    const partitions = topics[0]?.partitions ?? [];
    return partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader, isr }) => [leader, isr.length]);
  }

  async function moved(name: string, replicas: readonly (readonly number[])[]): Promise<void> {
    const admin = await asAdmin();
    const partitionAssignment = replicas.map((list, partition) => ({ partition, replicas: [...list] }));
    await admin.alterPartitionReassignments({ topics: [{ topic: name, partitionAssignment }] });
    await expect.poll(() => state(name), { timeout: 20_000 }).toEqual(replicas.map((list) => [list[0], list.length]));
  }

  test.each(["exactly-once", "at-least-once"] as const)(
    "leaders that move, and a broker that is killed and comes back, lose and double nothing (%s)",
    async (guarantee) => {
      const name = await placed(`moves-${guarantee}`, [
        [1, 2],
        [2, 1],
      ]);
      const options: KafkaSinkOptions<number> = { value: json(), partition: (n) => n % 2, timestamp: (n) => n, guarantee };
      const sink = await SinkDriver.open(kafkaSink<number>(cluster, name, { ...options, transactionalIdPrefix: name }), onPorts);
      const source = await SourceDriver.open(kafkaSource(cluster, name, json<number>()), onPorts);
      let written = 0;
      const write = async () => {
        for (let n = 0; n < 200; n++) await sink.write(written++);
        await sink.checkpoint();
      };
      await write();
      // Each partition changes its only replica, so that the old leader no longer knows it.
      await moved(name, [[2], [1]]);
      await write();
      await moved(name, [
        [2, 1],
        [1, 2],
      ]);
      await write();
      await second?.stop({ kill: true });
      await write();
      second = await startLocalBroker({
        settings: replicated,
        node: { id: 2, controller: first?.local?.controller ?? "" },
        dataDirectory: second?.dataDirectory ?? "",
      });
      await write();
      await sink.close();
      await source.take(written);
      for (const split of [0, 1]) {
        const seen = source.records.filter(({ splitId }) => splitId === `${name}-${split}`).map(({ value }) => value);
        expect(seen).toEqual(Array.from({ length: written / 2 }, (_, n) => 2 * n + split));
      }
      await source.close();
    },
  );

  test("offsets are committed to the group after a checkpoint is complete, and not before", async () => {
    const name = await placed("observed", [
      [1, 2],
      [2, 1],
    ]);
    const sink = await SinkDriver.open(
      kafkaSink<number>(cluster, name, { value: json(), partition: (n) => n % 2, guarantee: "at-least-once" }),
      onPorts,
    );
    await sink.writeAll([0, 1, 2, 3, 5]);
    await sink.finish();
    const admin = await asAdmin();
    const committed = async () =>
      (await admin.fetchOffsets({ groupId: "observers", topics: [name] }))
        .flatMap(({ partitions }) => partitions)
        .toSorted((a, b) => a.partition - b.partition)
        .map(({ offset }) => Number(offset));
    const source = await SourceDriver.open(kafkaSource(cluster, name, json<number>(), { groupId: "observers" }), onPorts);
    await source.take(5);
    source.checkpoint();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // The group's coordinator may still be loading.
    await expect.poll(committed, { timeout: 10_000 }).toEqual([-1, -1]);
    source.complete();
    await expect.poll(committed, { timeout: 10_000 }).toEqual([2, 3]);
    await source.close();
    // They are for observers: a job without a checkpoint begins where its options say.
    const anew = await SourceDriver.open(kafkaSource(cluster, name, json<number>(), { groupId: "observers", stop: "latest" }), onPorts);
    expect(await anew.drain()).toHaveLength(5);
    await anew.close();
    const goingOn = await SourceDriver.open(
      kafkaSource(cluster, name, json<number>(), { start: { committed: "observers", otherwise: "fail" }, stop: "latest" }),
      onPorts,
    );
    expect(await goingOn.drain()).toHaveLength(0);
    await goingOn.close();
  });

  test("from one cluster to another: each side keeps to its own brokers, topics and transactions", async () => {
    const { cluster: other } = elsewhere as NonNullable<typeof elsewhere>;
    const name = await placed("both", [[1, 2]]);
    const admin = await (elsewhere as NonNullable<typeof elsewhere>).admin();
    await createTopics(admin, [{ topic: name, numPartitions: 3 }]);
    const feeder = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text(), transactionalIdPrefix: "both" }), onPorts);
    await feeder.writeAll(["a", "b", "c"]);
    await feeder.finish();
    const read = async (from: typeof cluster) => {
      const driver = await SourceDriver.open(kafkaSource(from, name, text(), { stop: "latest" }), onPorts);
      const found = (await driver.drain()).map(({ value }) => value).toSorted();
      await driver.close();
      return found;
    };
    // Brokers answer a commit before its markers stand in the partitions: what is readable then may still end before them.
    await expect.poll(() => read(cluster), { timeout: 30_000 }).toEqual(["a", "b", "c"]);
    const source = await SourceDriver.open(kafkaSource(cluster, name, text(), { stop: "latest" }), onPorts);
    const sink = await SinkDriver.open(kafkaSink<string>(other, name, { value: text(), transactionalIdPrefix: "both" }), onPorts);
    const fed = await source.drain();
    expect(fed.map(({ value }) => value).toSorted()).toEqual(["a", "b", "c"]);
    for (const { value } of fed) await sink.write(value.toUpperCase());
    await sink.finish();
    await source.close();
    await expect.poll(() => read(other), { timeout: 30_000 }).toEqual(["A", "B", "C"]);
    expect(await read(cluster)).toEqual(["a", "b", "c"]);
    const clients = [cluster, other].map((one) => new KafkaClient(one, nodePorts));
    const nodes = await Promise.all(clients.map(async (client) => (await client.metadata([])).brokers.map(({ nodeId }) => nodeId).toSorted()));
    expect(nodes).toEqual([[1, 2], [1]]);
    for (const client of clients) await client.close();
  });
});
