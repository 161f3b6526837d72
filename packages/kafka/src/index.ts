/** Apache Kafka as source and sink, exactly once. */

export type { Bytes, Headers } from "./batch/batch-builder.ts";
export type { CompressionName } from "./batch/compression.ts";
export type { RecordView } from "./batch/record-cursor.ts";
export { type KafkaCluster, type KafkaOptions, kafka } from "./client/kafka.ts";
export { BadRecord, Pending, type RecordDeserializer, type ValueFormat, type ValueSerializer } from "./formats/format.ts";
export { bytes, json, type KafkaRecord, type Parse, records, text } from "./formats/formats.ts";
export { type DeadLetterOptions, deadLetterSink } from "./sink/dead-letter-sink.ts";
export { kafkaSink } from "./sink/kafka-sink.ts";
export type { KafkaSinkOptions } from "./sink/options.ts";
export { type KafkaSource, kafkaSource } from "./source/kafka-source.ts";
export type { BadKafkaRecord, FetchOptions, KafkaSourceOptions, OnBadRecord, StartAt, StopAt, TopicChoice } from "./source/options.ts";
export type { KafkaSplit } from "./source/split.ts";
export { endKafkaTransaction, type KafkaTransaction, kafkaTransaction, kafkaTransactions } from "./transactions/inspect.ts";
export type * from "./transport/transport.ts";
