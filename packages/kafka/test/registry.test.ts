import { createServer, type IncomingMessage } from "node:http";
import { nodePorts } from "@millrace/core/node";
import { SinkDriver, SourceDriver } from "@millrace/testkit/drivers";
import { describe, expect, test, vi } from "vitest";
import { avro, jsonSchema, protobufMessage, schemaRegistry } from "../src/formats/registry/index.ts";
import type { BadKafkaRecord } from "../src/index.ts";
import { BadRecord, deadLetterSink, kafkaSink, kafkaSource, type RecordView, records, text, type ValueFormat } from "../src/index.ts";
import { testBroker } from "./broker.ts";
import { testRegistry } from "./local-registry.ts";
import { settled } from "./settled.ts";

vi.setConfig({ testTimeout: 60_000 });
const [url, broker] = await Promise.all([testRegistry(), testBroker()]);
const prefix = `r${Date.now() % 1_000_000}`;
let topics = 0;
const newTopic = () => `${prefix}-${topics++}`;

async function written<T>(format: ValueFormat<T>, value: T, topic = newTopic()): Promise<Buffer> {
  return (await settled(() => format.serialize(value, topic))) as Buffer;
}

const read = <T>(format: ValueFormat<T>, bytes: Buffer) => settled(() => format.read(bytes));

const onPorts = { ports: nodePorts };

describe.skipIf(url === undefined)("formats with a real schema registry", () => {
  const registry = schemaRegistry({ url: url ?? "http://none" });
  /** Another process: it remembers nothing. */
  const elsewhere = () => schemaRegistry({ url: url ?? "http://none" });
  const ask = async (path: string) => (await fetch(`${url}${path}`)).json();

  describe("avro", () => {
    const payment = {
      type: "record",
      name: "Payment",
      namespace: "shop",
      fields: [
        { name: "card", type: "string" },
        { name: "cents", type: "int" },
      ],
    };

    test("values go through; the frame is a zero byte and the id that the registry gave", async () => {
      const topic = newTopic();
      const value = { card: "c", cents: 5 };
      const bytes = await written(avro<typeof value>(registry, { schema: payment }), value, topic);
      const latest = (await ask(`/subjects/${topic}-value/versions/latest`)) as { id: number };
      expect([...bytes]).toEqual([0, 0, 0, latest.id >> 8, latest.id & 255, 2, 99, 10]);
      expect(await read(avro(elsewhere()), bytes)).toEqual(value);
    });

    test("what was written with one schema is read by another: defaults, widened numbers, fields left out", async () => {
      const topic = newTopic();
      const bytes = await written(avro<object>(registry, { schema: payment }), { card: "c", cents: 5 }, topic);
      const wanted = {
        ...payment,
        fields: [
          { name: "cents", type: "double" },
          { name: "country", type: "string", default: "AT" },
        ],
      };
      expect(await read(avro(elsewhere(), { schema: wanted }), bytes)).toEqual({ cents: 5, country: "AT" });
      const unreadable = { ...payment, fields: [{ name: "country", type: "string" }] };
      await expect(read(avro(elsewhere(), { schema: unreadable }), bytes)).rejects.toThrow(BadRecord);
    });

    test.each([
      ["topicName", (topic: string) => `${topic}-key`],
      ["recordName", () => "shop.Payment"],
      ["topicRecordName", (topic: string) => `${topic}-shop.Payment`],
    ] as const)("subject strategy %s", async (subject, expected) => {
      const topic = newTopic();
      await written(avro<object>(registry, { schema: payment, subject, part: "key" }), { card: "c", cents: 5 }, topic);
      expect(await ask("/subjects")).toContain(expected(topic));
    });

    test("a schema that refers to one under another subject", async () => {
      const topic = newTopic();
      await registry.register(`${topic}-payment`, { type: "AVRO", text: JSON.stringify(payment), references: [] });
      const schema = { type: "record", name: "Refund", namespace: "shop", fields: [{ name: "of", type: "shop.Payment" }] };
      const references = [{ name: "shop.Payment", subject: `${topic}-payment`, version: 1 }];
      const value = { of: { card: "c", cents: 5 } };
      const bytes = await written(avro<typeof value>(registry, { schema, references }), value, topic);
      expect(await read(avro(elsewhere()), bytes)).toEqual(value);
    });

    test("a value that is none of the schema is named with its place; one that is not registered is refused", async () => {
      const format = avro<object>(registry, { schema: payment });
      await expect(written(format, { card: "c", cents: "many" })).rejects.toMatchObject({
        code: "KAFKA_VALUE",
        message: expect.stringContaining("cents"),
      });
      await expect(written(avro<object>(registry, { schema: payment, register: false }), {})).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
      await expect(written(avro<object>(registry), {})).rejects.toMatchObject({ code: "REGISTRY_SCHEMA" });
    });

    test("a schema that the subject's compatibility does not allow is refused", async () => {
      const topic = newTopic();
      await written(avro<object>(registry, { schema: payment }), { card: "c", cents: 5 }, topic);
      await fetch(`${url}/config/${topic}-value`, {
        method: "PUT",
        headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
        body: JSON.stringify({ compatibility: "BACKWARD" }),
      });
      const changed = { ...payment, fields: [{ name: "other", type: "string" }] };
      await expect(written(avro<object>(elsewhere(), { schema: changed }), { other: "o" }, topic)).rejects.toMatchObject({
        code: "REGISTRY_REFUSED",
      });
    });

    test("bytes without a frame, of an unknown schema, cut off, or with more behind, are bad records", async () => {
      const format = avro<object>(registry, { schema: payment });
      const good = await written(format, { card: "c", cents: 5 });
      const unknown = Buffer.from(good);
      unknown.writeInt32BE(1_000_000, 1);
      const cases = [Buffer.from("{}"), Buffer.from('{"json":1}'), unknown, good.subarray(0, 6), Buffer.concat([good, good])];
      for (const bytes of cases) await expect(read(format, bytes), bytes.toString("hex")).rejects.toThrow(BadRecord);
      expect(await read(format, good)).toEqual({ card: "c", cents: 5 });
    });
  });

  describe("protobuf", () => {
    const schema = `syntax = "proto3";
package shop;
message Payment {
  message Place { string country = 1; }
  string card = 1;
  int64 cents = 2;
  Place at = 3;
  enum Kind { UNKNOWN = 0; CHIP = 1; }
  Kind kind = 4;
  repeated string tags = 5;
}
message Refund { string card = 1; }
`;
    const value = { card: "c", cents: 9_007_199_254_740_993n, at: { country: "AT" }, kind: "CHIP", tags: ["a"] };

    test("values go through, 64-bit numbers too; the first message has a single zero byte for its place", async () => {
      const bytes = await written(protobufMessage<typeof value>(registry, { schema }), value);
      expect(bytes[5]).toBe(0);
      expect(await read(protobufMessage(elsewhere()), bytes)).toEqual(value);
    });

    test("messages after the first, and nested ones, say their place", async () => {
      const refund = await written(protobufMessage<object>(registry, { schema, message: "Refund" }), { card: "r" });
      expect([...refund.subarray(5, 7)]).toEqual([2, 2]);
      expect(await read(protobufMessage(elsewhere()), refund)).toEqual({ card: "r" });
      const place = await written(protobufMessage<object>(registry, { schema, message: "shop.Payment.Place" }), { country: "AT" });
      expect([...place.subarray(5, 8)]).toEqual([4, 0, 0]);
      expect(await read(protobufMessage(elsewhere()), place)).toEqual({ country: "AT" });
    });

    test("messages are read by a schema of one's own", async () => {
      const bytes = await written(protobufMessage<typeof value>(registry, { schema }), value);
      const own = 'syntax = "proto3"; message Small { int64 cents = 2; string more = 9; }';
      expect(await read(protobufMessage(elsewhere(), { schema: own, longs: "string" }), bytes)).toEqual({ cents: "9007199254740993", more: "" });
    });

    test("imports: of other subjects, and of Google's own", async () => {
      const topic = newTopic();
      await registry.register(`${topic}-place`, {
        type: "PROTOBUF",
        text: 'syntax = "proto3"; package shop; message Place { string country = 1; }',
        references: [],
      });
      const importing = `syntax = "proto3"; package shop;
import "place.proto"; import "google/protobuf/timestamp.proto";
message Visit { Place at = 1; google.protobuf.Timestamp begun = 2; }`;
      const references = [{ name: "place.proto", subject: `${topic}-place`, version: 1 }];
      const visit = { at: { country: "AT" }, begun: { seconds: 5n, nanos: 7 } };
      const bytes = await written(protobufMessage<typeof visit>(registry, { schema: importing, references }), visit, topic);
      expect(bytes[5]).toBe(0);
      expect(await read(protobufMessage(elsewhere()), bytes)).toEqual(visit);
    });

    test("values that are none, and bytes that are none, are named", async () => {
      const format = protobufMessage<object>(registry, { schema });
      await expect(written(format, { card: 5 })).rejects.toMatchObject({ code: "KAFKA_VALUE", message: expect.stringContaining("card") });
      await expect(written(format, { kard: "c" })).rejects.toMatchObject({ code: "KAFKA_VALUE", message: expect.stringContaining("kard") });
      await expect(written(format, { kind: "PIN" })).rejects.toMatchObject({ code: "KAFKA_VALUE", message: expect.stringContaining("kind") });
      const good = await written(format, value);
      const noMessage = Buffer.from(good);
      noMessage.writeUInt8(20, 5);
      for (const bytes of [noMessage, good.subarray(0, 8), good.subarray(0, 5)]) await expect(read(format, bytes)).rejects.toThrow(BadRecord);
      await expect(read(avro(registry), good)).rejects.toThrow(BadRecord);
    });
  });

  describe("JSON Schema", () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      title: "Payment",
      type: "object",
      properties: { card: { type: "string" }, cents: { type: "integer", minimum: 0 } },
      required: ["card", "cents"],
    };

    test("values go through; the schema is checked both ways", async () => {
      const format = jsonSchema<object>(registry, { schema });
      const bytes = await written(format, { card: "c", cents: 5 });
      expect(bytes.subarray(5).toString()).toBe('{"card":"c","cents":5}');
      expect(await read(jsonSchema(elsewhere()), bytes)).toEqual({ card: "c", cents: 5 });
      await expect(written(format, { card: "c", cents: -1 })).rejects.toMatchObject({
        code: "KAFKA_VALUE",
        message: expect.stringContaining("/cents"),
      });
      for (const body of ['{"card":"c"}', "{oops", "[]"]) {
        const bad = Buffer.concat([bytes.subarray(0, 5), Buffer.from(body)]);
        await expect(read(jsonSchema(registry), bad), body).rejects.toThrow(BadRecord);
      }
      const stricter = { ...schema, properties: { ...schema.properties, cents: { maximum: 4 } } };
      await expect(read(jsonSchema(registry, { schema: stricter }), bytes)).rejects.toThrow(BadRecord);
    });

    test.each(["https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema"])("draft %s", async ($schema) => {
      const format = jsonSchema<object>(registry, { schema: { ...schema, $schema } });
      expect(await read(jsonSchema(elsewhere()), await written(format, { card: "c", cents: 5 }))).toEqual({ card: "c", cents: 5 });
    });
  });

  test.skipIf(broker === undefined)(
    "from topic to topic: keys and values with schemas, bad records to a dead-letter topic with the reason",
    async () => {
      const { cluster, topic, producer } = broker as NonNullable<typeof broker>;
      const [input, dead] = [await topic(1), await topic(1)];
      const cards = avro<string>(registry, { schema: "string", part: "key" });
      const payments = avro<{ cents: number }>(registry, {
        schema: { type: "record", name: "P", fields: [{ name: "cents", type: "int" }] },
      });
      const sink = kafkaSink<{ cents: number }>(cluster, input, {
        value: payments,
        key: (_, to) => cards.serialize("card", to),
        guarantee: "at-least-once",
      });
      const writer = await SinkDriver.open(sink, onPorts);
      await writer.writeAll([{ cents: 1 }, { cents: 2 }]);
      await writer.finish();
      const other = await producer();
      await other.send({ topic: input, messages: [{ key: "k", value: "{oops", headers: { trace: ["s", "t"] }, timestamp: "77" }] });
      const source = kafkaSource(cluster, input, records(cards, avro<{ cents: number }>(elsewhere())), {
        stop: "latest",
        onError: { sideOutput: "bad" },
      });
      const reader = await SourceDriver.open(source, onPorts);
      expect((await reader.drain()).map(({ value }) => [value.key, value.value])).toEqual([
        ["card", { cents: 1 }],
        ["card", { cents: 2 }],
      ]);
      await reader.close();
      const letters = await SinkDriver.open(deadLetterSink(cluster, dead, { transactionalIdPrefix: dead }), onPorts);
      for (const { value } of reader.sideRecords) await letters.write(value as BadKafkaRecord);
      await letters.finish();
      const readDead = async () => {
        const driver = await SourceDriver.open(kafkaSource(cluster, dead, wholeRecord, { stop: "latest" }), onPorts);
        const found = (await driver.drain()).map(({ value }) => value);
        await driver.close();
        return found;
      };
      await expect.poll(readDead, { timeout: 10_000 }).toEqual([
        {
          key: "k",
          value: "{oops",
          timestamp: 77,
          headers: [
            ["trace", "s"],
            ["trace", "t"],
            ["millrace.error.message", expect.stringContaining("schema id")],
            ["millrace.error.topic", input],
            ["millrace.error.partition", "0"],
            ["millrace.error.offset", "2"],
          ],
        },
      ]);
    },
  );
});

const wholeRecord = {
  description: null,
  deserialize(record: RecordView) {
    const { key, value, timestamp } = records(text(), text()).deserialize(record);
    return { key, value, timestamp, headers: record.headerList().map(([name, bytes]) => [name, bytes?.toString()]) };
  },
};

describe("a registry in trouble", () => {
  /** Answers what the test says; a status of 0 closes the connection. */
  async function registryThat(answer: (request: IncomingMessage, count: number) => { status: number; body?: string }) {
    let count = 0;
    const server = createServer((request, response) => {
      const { status, body = "{}" } = answer(request, count++);
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return {
      url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      asked: () => count,
      [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  }
  const long = JSON.stringify({ schema: '"long"' });
  const framedLong = Buffer.from([0, 0, 0, 0, 1, 14]);

  test("is asked again while it fails, and each schema once", async () => {
    await using far = await registryThat((_, count) => (count < 2 ? { status: count * 503 } : { status: 200, body: long }));
    const format = avro<number>(schemaRegistry({ url: far.url }));
    expect(await read(format, framedLong)).toBe(7);
    expect(await read(format, framedLong)).toBe(7);
    expect(far.asked()).toBe(3);
  });

  test("of several addresses one that answers is enough", async () => {
    await using far = await registryThat(() => ({ status: 200, body: long }));
    expect(await read(avro<number>(schemaRegistry({ url: ["http://127.0.0.1:1", far.url] })), framedLong)).toBe(7);
  });

  test("that does not come back, or answers what is none of its answers, is named", async () => {
    await using silent = await registryThat(() => ({ status: 500 }));
    const unreachable = avro(schemaRegistry({ url: silent.url, unavailableMs: 200 }));
    await expect(read(unreachable, framedLong)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    await using page = await registryThat(() => ({ status: 200, body: "<html>" }));
    await expect(read(avro(schemaRegistry({ url: page.url })), framedLong)).rejects.toMatchObject({ code: "REGISTRY" });
  });

  test("credentials are sent, and a refusal is named at once", async () => {
    const seen: (string | undefined)[] = [];
    await using far = await registryThat(({ headers }) => {
      seen.push(headers.authorization);
      return headers.authorization?.endsWith("wrong") === true ? { status: 401 } : { status: 200, body: long };
    });
    await read(avro(schemaRegistry({ url: far.url, auth: { username: "u", password: "p" } })), framedLong);
    await read(avro(schemaRegistry({ url: far.url, auth: { bearer: async () => "token" } })), framedLong);
    expect(seen).toEqual([`Basic ${Buffer.from("u:p").toString("base64")}`, "Bearer token"]);
    const refused = avro(schemaRegistry({ url: far.url, auth: { bearer: "wrong" } }));
    await expect(read(refused, framedLong)).rejects.toMatchObject({ code: "REGISTRY_DENIED" });
    expect(seen).toHaveLength(3);
  });

  test("addresses that make no sense are refused, and no secret stands in the plan", () => {
    for (const bad of ["", "localhost:8081", []])
      expect(() => schemaRegistry({ url: bad })).toThrow(expect.objectContaining({ code: "REGISTRY_OPTIONS" }));
    const format = avro(schemaRegistry({ url: "http://r:8081", auth: { username: "u", password: "secret" } }));
    expect(JSON.stringify(format.description)).not.toContain("secret");
  });
});
