import { describe, expect, test, vi } from "vitest";
import { avro } from "../../src/formats/registry/index.ts";
import { BadRecord } from "../../src/index.ts";
import { ask, elsewhere, registry, url } from "./real-registry.ts";
import { newTopic, read, written } from "./values.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(url === undefined)("formats with a real schema registry", () => {
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
});
