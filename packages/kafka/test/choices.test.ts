import { expect, test } from "vitest";
import { protobufMessage, schemaRegistry } from "../src/formats/registry/index.ts";
import { json, type KafkaSinkOptions, type KafkaSourceOptions, kafka, kafkaSink, kafkaSource, text } from "../src/index.ts";

const cluster = kafka({ brokers: ["localhost:9092"] });
const registry = schemaRegistry({ url: "http://localhost:8081" });
/** As plain JavaScript may have it. */
const word = <V>(misspelt: string): V => misspelt as unknown as V;
const reading = (options: KafkaSourceOptions) => () => kafkaSource(cluster, "t", text(), options);
const writing = (options: Partial<KafkaSinkOptions<unknown>>) => () => kafkaSink(cluster, "t", { value: json(), ...options });

test.each<readonly [string, () => unknown]>([
  ['start of kafkaSource must be "earliest" or "latest", not "oldest"', reading({ start: word("oldest") })],
  ['start.otherwise of kafkaSource must be "earliest"', reading({ start: { committed: "g", otherwise: word("first") } })],
  ['stop of kafkaSource must be "latest", not "end"', reading({ stop: word("end") })],
  ['isolation of kafkaSource must be "read_committed" or "read_uncommitted"', reading({ isolation: word("readUncommitted") })],
  ['onOffsetOutOfRange of kafkaSource must be "fail"', reading({ onOffsetOutOfRange: word("newest") })],
  ['onError of kafkaSource must be "fail" or "skip"', reading({ onError: word("ignore") })],
  ['guarantee of kafkaSink must be "exactly-once"', writing({ guarantee: word("exactlyOnce") })],
  ['transactions of kafkaSink must be "open" or "writeAhead"', writing({ transactions: word("writeahead") })],
  ['compression of kafkaSink must be "none", "gzip", "snappy", "lz4" or "zstd", not "lz"', writing({ compression: word("lz") })],
  ['longs of protobufMessage must be "bigint"', () => protobufMessage(registry, { longs: word("long") })],
  ['subject of protobuf must be "topicName"', () => protobufMessage(registry, { subject: word("topic") })],
  ['part of protobuf must be "key" or "value"', () => protobufMessage(registry, { part: word("keys") })],
])("a word that an option does not take is refused: the %s", (message, make) => {
  expect(make).toThrow(expect.objectContaining({ code: "PLAN_OPTION", message: expect.stringContaining(message) }));
});
