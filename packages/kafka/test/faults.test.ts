import { createServer } from "node:net";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test, vi } from "vitest";
import { batchEnd, crcFrom } from "../src/batch/batch-header.ts";
import { crc32c } from "../src/batch/crc32c.ts";
import { json, type KafkaOptions, type KafkaSinkOptions, type KafkaSourceOptions, kafka, kafkaSink, kafkaSource, text } from "../src/index.ts";
import { missingTool } from "../src/node/local-broker/index.ts";
import { ByteReader } from "../src/protocol/byte-reader.ts";
import { type FetchResponse, fetch as fetchApi, produce } from "../src/protocol/record-apis.ts";
import type { SaslOptions } from "../src/transport/transport.ts";
import { testBroker } from "./broker.ts";
import { FaultyNetwork } from "./faulty-transport.ts";
import { addScramUser, makeCertificate, reauthenticateMs, securedBroker, unsecuredToken } from "./secured-broker.ts";

vi.setConfig({ testTimeout: 120_000 });

const ownBroker = process.env.KAFKA_BOOTSTRAP === undefined && missingTool() === undefined;
const certificate = ownBroker ? makeCertificate() : { keyStore: "", pem: "" };
const broker = ownBroker ? await testBroker(securedBroker(certificate.keyStore)) : await testBroker();
const admin: SaslOptions = { mechanism: "plain", username: "admin", password: "admin-secret" };

const onPorts = { ports: nodePorts };
const open = <T>(source: ReturnType<typeof kafkaSource<T>>) => SourceDriver.open(source, onPorts);

describe.skipIf(!ownBroker)("what a broker refuses is named", () => {
  const { bootstrap, local, topic, admin: asAdmin, cluster: plainCluster } = broker as NonNullable<typeof broker>;
  const listeners = local?.listeners ?? {};

  const clusterFor = (sasl: SaslOptions, more: Partial<KafkaOptions> = {}) =>
    kafka({ brokers: [listeners.SASL_PLAINTEXT ?? ""], sasl, unavailableMs: 5_000, ...more });

  const overTls = (ssl: KafkaOptions["ssl"]) => kafka({ brokers: [listeners.SSL ?? ""], ssl: ssl ?? true, unavailableMs: 2_000 });

  /** Writes a value and reads it back, so that both sides and all their connections are used. */
  async function echo(cluster: ReturnType<typeof kafka>, name: string, value: string): Promise<readonly string[]> {
    const writer = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once" }), onPorts);
    await writer.write(value);
    await writer.finish();
    const reader = await open(kafkaSource(cluster, name, text(), { stop: "latest" }));
    const found = await reader.drain();
    await reader.close();
    return found.map((record) => record.value);
  }

  /** Source and sink both say so, and at once. */
  async function expectRefused(cluster: ReturnType<typeof kafka>): Promise<void> {
    const code = "KAFKA_AUTHENTICATION";
    const begun = performance.now();
    await expect(open(kafkaSource(cluster, "any", text()))).rejects.toMatchObject({ code });
    await expect(SinkDriver.open(kafkaSink(cluster, "any", { value: text() }), onPorts)).rejects.toMatchObject({ code });
    expect(performance.now() - begun).toBeLessThan(cluster.unavailableMs);
  }

  test("PLAIN: right credentials work, wrong ones are refused at once, by source and sink", async () => {
    expect(await echo(clusterFor(admin), await topic(1), "hello")).toEqual(["hello"]);
    await expectRefused(clusterFor({ ...admin, password: "wrong" }));
    await expectRefused(clusterFor({ ...admin, username: "nobody" }));
  });

  test.each(["scram-sha-256", "scram-sha-512"] as const)("%s: right credentials work, wrong ones are refused at once", async (mechanism) => {
    await addScramUser(plainCluster, "sam", "sams-secret");
    const name = await topic(1);
    const sam = { mechanism, username: "sam", password: "sams-secret" };
    // Known, but without rights: authentication has passed.
    await expect(echo(clusterFor(sam), name, "hello")).rejects.toMatchObject({ code: "KAFKA_DENIED" });
    await expectRefused(clusterFor({ ...sam, password: "wrong" }));
    await expectRefused(clusterFor({ ...sam, username: "nobody" }));
  });

  test("OAUTHBEARER: a token that holds works; one that is over, or none, is refused; a provider that fails is asked again", async () => {
    const bearer = (oauthBearerProvider: () => Promise<{ value: string }>) => clusterFor({ mechanism: "oauthbearer", oauthBearerProvider });
    let troubles = 2;
    const recovering = bearer(async () => {
      if (troubles-- > 0) throw new Error("the token service is down");
      return { value: unsecuredToken("admin") };
    });
    expect(await echo(recovering, await topic(1), "hello")).toEqual(["hello"]);
    await expectRefused(bearer(async () => ({ value: unsecuredToken("admin", -60_000) })));
    await expectRefused(bearer(async () => ({ value: "no token" })));
    const failing = { ...bearer(() => Promise.reject(new Error("the token service is down"))), unavailableMs: 300 };
    await expect(open(kafkaSource(failing, "any", text()))).rejects.toMatchObject({
      code: "KAFKA_UNREACHABLE",
      message: expect.stringContaining("the token service is down"),
    });
  });

  test("TLS: a certificate of one's own works with its ca; without it, and under another name, it is refused", async () => {
    const name = await topic(1);
    expect(await echo(overTls({ ca: [certificate.pem] }), name, "hello")).toEqual(["hello"]);
    await expectRefused(overTls(true));
    await expectRefused(overTls({ ca: [certificate.pem], servername: "elsewhere.example" }));
    // The other way round nothing is said on the wire that could be told from a broker in trouble.
    const plainOnTls = kafka({ brokers: [listeners.SSL ?? ""], unavailableMs: 500 });
    await expect(open(kafkaSource(plainOnTls, name, text()))).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
  });

  test("a connection that the broker cuts because it has to be authenticated anew is made anew", async () => {
    const name = await topic(1);
    const source = await open(kafkaSource(clusterFor(admin), name, text()));
    const sink = await SinkDriver.open(
      kafkaSink<string>(clusterFor(admin), name, { value: text(), transactionalIdPrefix: `${name}-again` }),
      onPorts,
    );
    for (const value of ["first", "second", "third"]) {
      await sink.write(value);
      await sink.checkpoint();
      await source.take(1);
      await new Promise((resolve) => setTimeout(resolve, reauthenticateMs));
    }
    expect(source.records.map(({ value }) => value)).toEqual(["first", "second", "third"]);
    await source.close();
    await sink.finish();
  });

  test("a missing ACL is named: for a topic, a transactional id, a group, and when it is taken away", async () => {
    const name = await topic(1);
    const alice = clusterFor({ mechanism: "plain", username: "alice", password: "alice-secret" });
    const read = (options: KafkaSourceOptions) => open(kafkaSource(alice, name, text(), options));
    const write = (options: Partial<KafkaSinkOptions<string>>) =>
      SinkDriver.open(kafkaSink<string>(alice, name, { value: text(), ...options }), onPorts);
    // A topic that one may not see does not exist, as far as the broker says.
    await expect(read({})).rejects.toMatchObject({ code: "KAFKA_DENIED", message: expect.stringContaining(`topic ${name}`) });
    const kafkajs = await asAdmin();
    const onTopic = { principal: "User:alice", host: "*", permissionType: 3, resourcePatternType: 3, resourceType: 2, resourceName: name };
    const [mayRead, mayWrite, mayDescribe] = [3, 4, 8];
    await kafkajs.createAcls({ acl: [mayRead, mayWrite, mayDescribe].map((operation) => ({ ...onTopic, operation })) });
    const allowed = await read({ stop: "latest" });
    expect(await allowed.drain()).toEqual([]);
    await allowed.close();
    await expect(read({ start: { committed: "g", otherwise: "earliest" } })).rejects.toMatchObject({
      code: "KAFKA_DENIED",
      message: expect.stringContaining("group g"),
    });
    await expect(write({ markerTopic: name })).rejects.toMatchObject({ code: "KAFKA_DENIED", message: expect.stringContaining("transactional id") });

    const writer = await write({ guarantee: "at-least-once" });
    await writer.write("seen");
    await writer.prepare();
    const observed = await read({ groupId: "observers" });
    await observed.take(1);
    observed.checkpoint();
    observed.complete();
    await expect(observed.take(1)).rejects.toMatchObject({ code: "KAFKA_DENIED", message: expect.stringContaining("group observers") });
    await observed.close();

    const reader = await read({});
    await reader.take(1);
    await kafkajs.deleteAcls({ filters: [mayRead, mayWrite].map((operation) => ({ ...onTopic, operation })) });
    await expect(reader.take(1)).rejects.toMatchObject({ code: "KAFKA_DENIED" });
    await reader.close();
    await writer.write("never");
    await expect(writer.prepare()).rejects.toMatchObject({ code: "KAFKA_DENIED" });
    await writer.close();
  });

  describe("bytes that are not what they should be", () => {
    /** Reads a topic of one batch, whose bytes are changed on their way. */
    async function reading(alter: (records: Buffer, batch: { start: number; end: number }) => void) {
      const name = await topic(1);
      expect(await echo(plainCluster, name, "marked-value")).toEqual(["marked-value"]);
      const network = new FaultyNetwork(undefined, (request, answer) => {
        if (request.apiKey !== fetchApi.key) return answer;
        for (const { records } of fetched(answer).partitions) {
          const end = batchEnd(records, 0);
          if (end !== undefined) alter(records, { start: 0, end });
        }
        return answer;
      });
      const cluster = kafka({ brokers: [bootstrap], transport: network.create });
      return { name, driver: await open(kafkaSource(cluster, name, text(), { stop: "latest" })) };
    }

    /** Its records are views into the answer. */
    function fetched(answer: Buffer): FetchResponse {
      const reader = new ByteReader(answer);
      reader.tags();
      return fetchApi.read(reader);
    }

    const sealed = (alter: (records: Buffer) => void) => (records: Buffer, batch: { start: number; end: number }) => {
      alter(records);
      records.writeUInt32BE(crc32c(records.subarray(crcFrom, batch.end)), 17);
    };

    test.each([
      ["a checksum that does not match", "KAFKA_CORRUPT", (records: Buffer, { end }: { end: number }) => void records.fill(0, end - 3, end)],
      ["an unknown compression", "KAFKA_COMPRESSION", sealed((records) => void records.writeInt16BE(5, crcFrom))],
      ["compressed data that is none", "KAFKA_CORRUPT", sealed((records) => void records.writeInt16BE(1, crcFrom))],
      ["a record that reaches past its batch", "KAFKA_CORRUPT", sealed((records) => void records.writeUInt8(126, 61))],
      ["the format from before 0.11", "KAFKA_MAGIC", (records: Buffer) => void records.writeInt8(1, 16)],
    ])("%s is named, with its position", async (_, code, alter) => {
      const { name, driver } = await reading(alter);
      await expect(driver.drain()).rejects.toMatchObject({ code, where: { position: expect.stringContaining(`${name}-0`) } });
      await driver.close();
    });
  });

  test("a topic that is deleted under source and sink is missed", async () => {
    const name = await topic(1);
    const source = await open(kafkaSource(plainCluster, name, text()));
    const sink = await SinkDriver.open(kafkaSink<string>(plainCluster, name, { value: text(), guarantee: "at-least-once" }), onPorts);
    await sink.write("there");
    await sink.prepare();
    await source.take(1);
    await (await asAdmin()).deleteTopics({ topics: [name] });
    const code = expect.stringMatching(/^KAFKA_TOPIC_(MISSING|RECREATED)$/);
    await expect(source.take(1)).rejects.toMatchObject({ code });
    await sink.write("gone");
    await expect(sink.prepare()).rejects.toMatchObject({ code });
    await source.close();
    await sink.close();
  });

  test("a broker that accepts and no longer answers is outlasted, or named after unavailableMs", async () => {
    const name = await topic(1);
    const impatient = kafka({ brokers: [bootstrap], requestTimeoutMs: 300, connectTimeoutMs: 300, unavailableMs: 1_500 });
    const patient = kafka({ brokers: [bootstrap], requestTimeoutMs: 300, connectTimeoutMs: 300 });
    const sinkOf = (cluster: ReturnType<typeof kafka>) => kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once" });
    const [failing, lasting] = [await SinkDriver.open(sinkOf(impatient), onPorts), await SinkDriver.open(sinkOf(patient), onPorts)];
    const [failingSource, lastingSource] = [await open(kafkaSource(impatient, name, text())), await open(kafkaSource(patient, name, text()))];
    await local?.signal("STOP");
    try {
      await failing.write("lost");
      await lasting.write("kept");
      const kept = lasting.prepare();
      const reading = failingSource.take(1);
      reading.catch(() => undefined);
      await expect(failing.prepare()).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
      await expect(reading).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
      await local?.signal("CONT");
      await kept;
    } finally {
      await local?.signal("CONT");
    }
    while (lastingSource.records.every(({ value }) => value !== "kept")) await lastingSource.take(1);
    expect(lastingSource.records.filter(({ value }) => value === "kept")).toHaveLength(1);
    for (const driver of [failing, lasting, failingSource, lastingSource]) await driver.close();
  });

  test("requests that no answer comes to end in KAFKA_UNREACHABLE, not in waiting for ever", async () => {
    const name = await topic(1);
    const network = new FaultyNetwork((request) => (request.apiKey === produce.key ? "loseRequest" : "pass"));
    const cluster = kafka({ brokers: [bootstrap], transport: network.create, unavailableMs: 1_000 });
    const driver = await SinkDriver.open(kafkaSink<string>(cluster, name, { value: text(), guarantee: "at-least-once" }), onPorts);
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
    const cluster = kafka({ brokers: [`127.0.0.1:${port}`], requestTimeoutMs: 300, unavailableMs: 1_000 });
    await expect(open(kafkaSource(cluster, "t", json()))).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
    server.close();
    await expect(open(kafkaSource(cluster, "t", json()))).rejects.toMatchObject({ code: "KAFKA_UNREACHABLE" });
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
    expect(() => kafkaSink(cluster, "t", { value: text(), guarantee: "none", transactions: "open" })).toThrow(
      expect.objectContaining({ code: "SINK_OPTIONS" }),
    );
  });
});
