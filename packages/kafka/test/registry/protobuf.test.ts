import { describe, expect, test, vi } from "vitest";
import { avro, protobufMessage } from "../../src/formats/registry/index.ts";
import { BadRecord } from "../../src/index.ts";
import { elsewhere, registry, url } from "./real-registry.ts";
import { newTopic, read, written } from "./values.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(url === undefined)("formats with a real schema registry", () => {
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
});
