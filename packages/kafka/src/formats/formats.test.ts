import { describe, expect, test } from "vitest";
import { BatchBuilder, type Bytes, noProducer } from "../batch/batch-builder.ts";
import type { BatchHeader } from "../batch/batch-header.ts";
import { RecordCursor } from "../batch/record-cursor.ts";
import { batchesOf, readable } from "../batch/record-set.ts";
import { BadRecord, type Pending, type RecordDeserializer, type ValueFormat } from "./format.ts";
import { bytes, json, records, text } from "./formats.ts";
import { jsonSchema } from "./registry/json-schema.ts";
import { schemaRegistry } from "./registry/schema-registry.ts";

/** What a deserializer makes of a record that came from a broker. */
async function deserialized<T>(deserializer: RecordDeserializer<T>, key: Bytes, value: Bytes): Promise<() => T> {
  const place = { topic: "t", partition: 0 };
  const builder = new BatchBuilder(64);
  builder.append(1, key, value, undefined);
  const fetched = await builder.finish("none", noProducer);
  const [batch] = batchesOf(fetched, undefined, place);
  const { header, records: content, start, end } = await readable(fetched, batch as NonNullable<typeof batch>, place);
  const cursor = new RecordCursor(place.topic, place.partition);
  cursor.open(header, content as Buffer, start, end);
  cursor.next();
  return () => deserializer.deserialize(cursor);
}

/** On a record without key and value, whose headers have these names and no values. */
function cursorWith(...names: readonly Buffer[]): RecordCursor {
  const headers = names.flatMap((name) => [Buffer.of(name.length * 2), name, Buffer.of(1)]);
  const content = Buffer.concat([Buffer.of(0, 0, 0, 1, 1, names.length * 2), ...headers]);
  const bytes = Buffer.concat([Buffer.of(content.length * 2), content]);
  const cursor = new RecordCursor("t", 0);
  cursor.open({ count: 1, baseOffset: 0, baseTimestamp: 0, logAppendTime: false } as BatchHeader, bytes, 0, bytes.length);
  cursor.next();
  return cursor;
}

const broken = Buffer.from([0x22, 0xff, 0x22]);
const replaced = Buffer.from('"\uFFFD"');

/** As it is written with a schema; the registry gives that of any string. */
const inSchema = (value: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), value]);
async function anyString(): Promise<ValueFormat<string>> {
  const answer = { schema: '{ "type": "string" }', schemaType: "JSON" };
  const format = jsonSchema<string>(schemaRegistry({ url: "http://none", transport: async () => ({ status: 200, body: JSON.stringify(answer) }) }));
  try {
    format.read(inSchema(replaced));
  } catch (error) {
    await (error as Pending).ready;
  }
  return format;
}

describe("bytes that are not UTF-8", () => {
  const refusal = (message: string) => expect.objectContaining({ name: "BadRecord", message });

  test("are a bad record, as a value and as a key, alone and in whole records", async () => {
    expect(() => json().read(broken)).toThrow(refusal("not UTF-8"));
    expect(() => text().read(broken)).toThrow(BadRecord);
    expect(await deserialized(json(), null, broken)).toThrow(refusal("not UTF-8"));
    expect(await deserialized(text(), null, broken)).toThrow(BadRecord);
    expect(await deserialized(records(text(), json()), "k", broken)).toThrow(refusal("not UTF-8"));
    expect(await deserialized(records(text(), json()), broken, "1")).toThrow(refusal("the key is not UTF-8"));
  });

  test("are one as the name of a header, where headers are read; a bad record keeps what it can of them", () => {
    const [one, other] = [Buffer.of(0x61, 0xff), Buffer.of(0x61, 0xfe)];
    const cursor = cursorWith(one, other);
    expect(() => cursor.headers()).toThrow(refusal("the name of a header is not UTF-8"));
    expect(() => cursor.headerList()).toThrow(refusal("the name of a header is not UTF-8"));
    expect(cursor.headersOfBadRecord().map(([name]) => name)).toEqual(["a\uFFFD", "a\uFFFD"]);
    expect(cursorWith(Buffer.from("\uFFFD")).headers()).toEqual({ "\uFFFD": null });
  });

  test("are one in JSON with a schema", async () => {
    const format = await anyString();
    expect(() => format.read(inSchema(broken))).toThrow(refusal("not UTF-8"));
    expect(format.read(inSchema(replaced))).toBe("\uFFFD");
  });

  test("are not what stands for them where it was written itself", async () => {
    expect(json().read(replaced)).toBe("\uFFFD");
    expect((await deserialized(records(text(), text()), replaced, "\uFFFD"))()).toMatchObject({ key: '"\uFFFD"', value: "\uFFFD" });
  });

  test("stay as they are where bytes are asked for", async () => {
    expect((await deserialized(records(bytes(), bytes()), broken, broken))()).toMatchObject({ key: broken, value: broken });
  });
});

describe("a value that has no JSON", () => {
  const itself: { self?: unknown } = {};
  itself.self = itself;

  test.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["what says so itself", { toJSON: () => undefined }],
    ["a bigint", { n: 1n }],
    ["what holds itself", itself],
  ])("is refused by name, and is no tombstone: %s", (_, value) => {
    expect(() => json().serialize(value, "t")).toThrow(expect.objectContaining({ code: "KAFKA_VALUE" }));
  });

  test("is not null", () => {
    expect(json().serialize(null, "t")).toBe("null");
  });
});
