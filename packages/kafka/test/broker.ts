import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { afterAll } from "vitest";
import { type KafkaCluster, kafka } from "../src/index.ts";
import { type LocalBroker, type LocalBrokerOptions, missingTool, startLocalBroker } from "../src/node/local-broker/index.ts";
import { createTopics } from "./create-topics.ts";

/** A real broker for the tests of one file, and kafkajs as a second client beside our own. */
export interface TestBroker {
  readonly bootstrap: string;
  readonly cluster: KafkaCluster;
  readonly client: Kafka;
  /** undefined when it is somebody else's (`KAFKA_BOOTSTRAP`): then it can't be killed. */
  readonly local: LocalBroker | undefined;
  /** A topic that no other test has; gives its name. */
  topic(partitions?: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  /** kafkajs's, connected. */
  admin(): Promise<Admin>;
  producer(): Promise<Producer>;
}

/** Without `KAFKA_BOOTSTRAP` and without Java: undefined, and a line on the terminal that says so. */
export async function testBroker(options: LocalBrokerOptions = {}): Promise<TestBroker | undefined> {
  const given = process.env.KAFKA_BOOTSTRAP;
  if (given === undefined) {
    const missing = missingTool();
    if (missing !== undefined) {
      console.warn(`SKIPPED: tests against a real Kafka broker, because ${missing} is not on the PATH and KAFKA_BOOTSTRAP is not set`);
      return undefined;
    }
  }
  const local = given === undefined ? await startLocalBroker(options) : undefined;
  const bootstrap = given ?? (local as LocalBroker).bootstrap;
  const client = new Kafka({
    clientId: "tests",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 1_000 },
  });
  const admin = client.admin();
  const producers: Producer[] = [];
  let topics = 0;
  const prefix = `t${process.pid}-${Date.now() % 100_000}`;
  afterAll(async () => {
    for (const producer of producers) await producer.disconnect();
    await admin.disconnect();
    await local?.stop({ kill: true, clean: true });
  });
  return {
    bootstrap,
    cluster: kafka({ brokers: [bootstrap] }),
    client,
    local,
    async admin() {
      await admin.connect();
      return admin;
    },
    async topic(partitions = 1, configs = {}) {
      await admin.connect();
      const name = `${prefix}-${topics++}`;
      // Timestamps of tests are small numbers: what is so old would be deleted at the next look.
      const configEntries = Object.entries({ "retention.ms": "-1", ...configs }).map(([key, value]) => ({ name: key, value }));
      await createTopics(admin, [{ topic: name, numPartitions: partitions, configEntries }]);
      return name;
    },
    async producer() {
      const producer = client.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      producers.push(producer);
      return producer;
    },
  };
}
