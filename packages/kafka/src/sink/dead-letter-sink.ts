import type { Sink } from "@millrace/contracts";
import type { Headers } from "../batch/batch-builder.ts";
import { noKafkaTimestamp } from "../batch/record-cursor.ts";
import type { KafkaCluster } from "../client/kafka.ts";
import type { BadKafkaRecord } from "../source/options.ts";
import { kafkaSink } from "./kafka-sink.ts";
import type { KafkaSinkOptions } from "./options.ts";

export type DeadLetterOptions = Omit<KafkaSinkOptions<BadKafkaRecord>, "value" | "key" | "headers" | "timestamp" | "tombstone">;

/**
 * A dead-letter topic, for the side output of a source's bad records. Key, value, headers and timestamp are what they
 * were (a record without a timestamp has the time at which it is written here); the headers `millrace.error.message`, `.topic`, `.partition` and `.offset` say why a record is here and where it
 * was. It is a sink as others are, so exactly-once unless the options say otherwise.
 *
 *     const bad = outputTag<BadKafkaRecord>("bad");
 *     const payments = env.from(kafkaSource(cluster, "payments", json<Payment>(), { onError: bad }), { uid: "payments" });
 *     payments.sideOutput(bad).to(deadLetterSink(cluster, "payments-dead"), { uid: "dead-letters" });
 */
export function deadLetterSink(
  cluster: KafkaCluster,
  topic: string | ((record: BadKafkaRecord) => string),
  options: DeadLetterOptions = {},
): Sink<BadKafkaRecord> {
  return kafkaSink<BadKafkaRecord>(cluster, topic, {
    ...options,
    value: { description: { format: "bytes" }, serialize: ({ value }) => value },
    key: ({ key }) => key,
    headers: withReason,
    timestamp: ({ timestamp }, eventTime) => (timestamp === noKafkaTimestamp ? eventTime : timestamp),
  });
}

function withReason({ headers, message, topic, partition, offset }: BadKafkaRecord): Headers {
  return [
    ...headers,
    ["millrace.error.message", message],
    ["millrace.error.topic", topic],
    ["millrace.error.partition", String(partition)],
    ["millrace.error.offset", String(offset)],
  ];
}
