import { createServer } from "node:net";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, test, vi } from "vitest";
import { json, type KafkaOptions, kafka, kafkaSink, kafkaSource, text } from "../src/index.ts";
import { fetch as fetchApi, produce } from "../src/protocol/record-apis.ts";
import { testBroker } from "./broker.ts";
import { FaultyNetwork } from "./faulty-transport.ts";

vi.setConfig({ testTimeout: 120_000 });

const login =
  'org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="admin-secret" user_admin="admin-secret" user_alice="alice-secret";';

/** A broker that asks for SASL PLAIN and for ACLs; `admin` may do everything. */
const broker =
  process.env.KAFKA_BOOTSTRAP === undefined
    ? await testBroker({ settings: securedSettings(), sasl: { username: "admin", password: "admin-secret" } })
    : undefined;

function securedSettings(): Readonly<Record<string, string>> {
  return {
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "listener.name.plaintext.plain.sasl.jaas.config": login,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:admin;User:ANONYMOUS",
  };
}

describe.skipIf(broker === undefined)("what a broker refuses is named", () => {
  const { bootstrap, topic } = broker as NonNullable<typeof broker>;
  const clusterFor = (username: string, password: string, more: Partial<KafkaOptions> = {}) =>
    kafka({ brokers: [bootstrap], sasl: { mechanism: "plain", username, password }, unavailableMs: 5_000, ...more });

  test("wrong credentials are refused at once, by source and sink", async () => {
    const cluster = clusterFor("alice", "wrong");
    await expect(SourceDriver.open(kafkaSource(cluster, "any", text()), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_AUTHENTICATION",
    });
    await expect(SinkDriver.open(kafkaSink(cluster, "any", { value: text() }), { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_AUTHENTICATION",
    });
  });

  test("right credentials work", async () => {
    const name = await topic(1);
    const cluster = clusterFor("admin", "admin-secret");
    const driver = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text() }), { ports: nodePorts });
    await driver.write("hello");
    await driver.finish();
    const read = async () => {
      const source = await SourceDriver.open(kafkaSource(cluster, name, text(), { stop: "latest" }), { ports: nodePorts });
      await source.drain();
      await source.close();
      return source.records.map(({ value }) => value);
    };
    await expect.poll(read, { timeout: 10_000 }).toEqual(["hello"]);
  });

  test("a missing ACL is named: for a topic, a transactional id, a group", async () => {
    const name = await topic(1);
    const alice = clusterFor("alice", "alice-secret");
    // A topic that one may not see does not exist, as far as the broker says.
    await expect(SourceDriver.open(kafkaSource(alice, name, text()), { ports: nodePorts })).rejects.toMatchObject({ code: "KAFKA_DENIED" });
    const admin = new Kafka({
      brokers: [bootstrap],
      sasl: { mechanism: "plain", username: "admin", password: "admin-secret" },
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const allow = { principal: "User:alice", host: "*", permissionType: 3, resourcePatternType: 3 };
    const operations = [3, 4, 8]; // READ, WRITE, DESCRIBE
    await admin.createAcls({ acl: operations.map((operation) => ({ ...allow, operation, resourceType: 2, resourceName: name })) });
    await admin.disconnect();
    const denied = (start: Parameters<typeof kafkaSource>[3]) => SourceDriver.open(kafkaSource(alice, name, text(), start), { ports: nodePorts });
    const allowed = await denied({ stop: "latest" });
    expect(await allowed.drain()).toEqual([]);
    await allowed.close();
    await expect(denied({ start: { committed: "g", otherwise: "earliest" } })).rejects.toMatchObject({
      code: "KAFKA_DENIED",
      message: expect.stringContaining("group g"),
    });
    const sink = kafkaSink<string>(alice, name, { value: text(), markerTopic: name });
    await expect(SinkDriver.open(sink, { ports: nodePorts })).rejects.toMatchObject({
      code: "KAFKA_DENIED",
      message: expect.stringContaining("transactional id"),
    });
  });

  test("damaged bytes and an unknown compression are named, with their offset", async () => {
    const name = await topic(1);
    const writer = await SinkDriver.open(
      kafkaSink<string>(clusterFor("admin", "admin-secret"), name, { value: text(), guarantee: "at-least-once" }),
      { ports: nodePorts },
    );
    await writer.write("marked-value");
    await writer.finish();
    const open = (alter: (answer: Buffer, at: number) => void) => {
      const network = new FaultyNetwork(undefined, (request, answer) => {
        const at = request.apiKey === fetchApi.key ? answer.indexOf("marked-value") : -1;
        if (at >= 0) alter(answer, at);
        return answer;
      });
      return SourceDriver.open(kafkaSource(clusterFor("admin", "admin-secret", { transport: network.create }), name, text(), { stop: "latest" }), {
        ports: nodePorts,
      });
    };
    const damaged = await open((answer, at) => {
      answer[at] = 0;
    });
    await expect(damaged.drain()).rejects.toMatchObject({ code: "KAFKA_CORRUPT", where: { position: `${name}-0@0` } });
    await damaged.close();
  });

  test("requests that no answer comes to end in KAFKA_UNREACHABLE, not in waiting for ever", async () => {
    const name = await topic(1);
    const network = new FaultyNetwork((request) => (request.apiKey === produce.key ? "loseRequest" : "pass"));
    const cluster = clusterFor("admin", "admin-secret", { transport: network.create, unavailableMs: 1_000 });
    const driver = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once" }), { ports: nodePorts });
    await driver.write("lost");
    await expect(driver.prepare()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
    await driver.close();
  });
});

describe("brokers that are none", () => {
  test("one that accepts and never answers, and one that is not there, are KAFKA_UNREACHABLE after unavailableMs", async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const open = () =>
      SourceDriver.open(kafkaSource(kafka({ brokers: [`127.0.0.1:${port}`], requestTimeoutMs: 300, unavailableMs: 1_000 }), "t", json()), {
        ports: nodePorts,
      });
    await expect(open()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
    server.close();
    await expect(open()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
  });

  test("addresses and options that make no sense are refused before anything connects", () => {
    for (const brokers of [[], ["localhost"], ["localhost:port"]])
      expect(() => kafka({ brokers })).toThrow(expect.objectContaining({ code: "KAFKA_OPTIONS" }));
    const cluster = kafka({ brokers: ["localhost:9092"] });
    expect(() => kafkaSource(cluster, [], text())).toThrow(expect.objectContaining({ code: "SOURCE_OPTIONS" }));
    expect(() => kafkaSource(cluster, "t", text(), { start: { offsets: { "t-0": -1 } } })).toThrow(
      expect.objectContaining({ code: "SOURCE_OPTIONS" }),
    );
    expect(() => kafkaSink(cluster, "", { value: text() })).toThrow(expect.objectContaining({ code: "SINK_OPTIONS" }));
    expect(() => kafkaSink(cluster, "t", { value: text(), tombstone: () => true })).toThrow(expect.objectContaining({ code: "SINK_OPTIONS" }));
    expect(() => kafkaSink(cluster, "t", { value: text(), guarantee: "none", acceptLoss: () => undefined })).toThrow(
      expect.objectContaining({ code: "SINK_OPTIONS" }),
    );
  });
});
