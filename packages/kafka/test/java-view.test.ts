import { type Random, seededRandom } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { SourceDriver } from "@millrace/testkit/drivers";
import type { Producer, Transaction } from "kafkajs";
import { describe, expect, test, vi } from "vitest";
import { kafkaSource, records, text } from "../src/index.ts";
import { testBroker } from "./broker.ts";
import { readWithJava } from "./java-reader.ts";

vi.setConfig({ testTimeout: 180_000 });
const broker = await testBroker({ settings: { "log.cleaner.backoff.ms": 200 } });
const libs = broker?.local?.libs;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

const compacted = {
  "cleanup.policy": "compact",
  "segment.ms": "200",
  "min.cleanable.dirty.ratio": "0.001",
  "max.compaction.lag.ms": "300",
  "delete.retention.ms": "300",
};

/** Needs Kafka's jars, so a broker of one's own. */
describe.skipIf(libs === undefined)(`what is seen of logs with transactions is what Kafka's Java client sees (SEED=${seed})`, () => {
  const { bootstrap, client, cluster, topic } = broker as NonNullable<typeof broker>;

  /** Transactions of three producers that overlap, are committed or aborted in any order, between writes without one. */
  async function write(name: string, random: Random, steps: number): Promise<void> {
    const producers: Producer[] = [];
    for (let n = 0; n < 3; n++) {
      const producer = client.producer({ transactionalId: `${name}-${n}`, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      producers.push(producer);
    }
    const plain = await (broker as NonNullable<typeof broker>).producer();
    const open = new Map<number, Transaction>();
    let written = 0;
    const message = () => {
      const n = written++;
      // One of the keys looks like an abort marker's.
      return { key: n % 5 === 0 ? Buffer.from([0, 0, 0, 0]) : `k${n % 7}`, value: `v${n}` };
    };
    for (let step = 0; step < steps; step++) {
      const n = random.uint32() % 4;
      const producer = producers[n];
      if (producer === undefined) {
        await plain.send({ topic: name, messages: [message()] });
        continue;
      }
      const transaction = open.get(n) ?? (await producer.transaction());
      open.set(n, transaction);
      const what = random.uint32() % 5;
      if (what < 3) await transaction.send({ topic: name, messages: Array.from({ length: 1 + (what % 3) }, message) });
      else if (transaction.isActive()) {
        open.delete(n);
        await (what === 3 ? transaction.commit() : transaction.abort());
      }
    }
    for (const transaction of open.values()) await transaction.abort();
    for (const producer of producers) await producer.disconnect();
  }

  async function ourView(name: string): Promise<readonly (readonly [number, string])[]> {
    const driver = await SourceDriver.open(kafkaSource(cluster, name, records(text(), text()), { stop: "latest" }), { ports: nodePorts });
    const found = await driver.drain();
    await driver.close();
    return found.map(({ value }) => [value.offset, value.value ?? ""] as const);
  }

  async function javaView(name: string): Promise<readonly (readonly [number, string])[]> {
    return (await readWithJava(libs as string, bootstrap, name)).map(({ offset, value }) => [offset, value] as const);
  }

  /** The last markers may be on their way: then neither sees what comes after. */
  async function compare(name: string): Promise<number> {
    let ours = await ourView(name);
    let theirs = await javaView(name);
    for (let tries = 5; tries > 0 && ours.length !== theirs.length; tries--) {
      ours = await ourView(name);
      theirs = await javaView(name);
    }
    expect(ours).toEqual(theirs);
    return ours.length;
  }

  test.each([1, 2, 3])("overlapping transactions, log %i", async (log) => {
    const name = await topic(1);
    await write(name, seededRandom(seed + log), 60);
    expect(await compare(name)).toBeGreaterThan(0);
  });

  test("aborted transactions in a compacted log", async () => {
    const name = await topic(1, compacted);
    const random = seededRandom(seed);
    await write(name, random, 50);
    const before = await ourView(name);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await write(name, random, 10);
    const survivors = async () => (await ourView(name)).filter(([offset]) => before.some(([earlier]) => earlier === offset)).length;
    await expect.poll(survivors, { timeout: 60_000, interval: 500 }).toBeLessThan(before.length);
    await compare(name);
  });
});
