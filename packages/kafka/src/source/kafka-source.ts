import type { Source } from "@millrace/contracts";
import type { KafkaCluster } from "../client/kafka.ts";
import type { RecordDeserializer } from "../formats/format.ts";
import { KafkaEnumerator } from "./enumerator.ts";
import { checkSourceOptions, describeTopics, type KafkaSourceOptions, readingOptions, sideOutputOf, type TopicChoice } from "./options.ts";
import { KafkaReader } from "./reader.ts";
import type { KafkaSplit } from "./split.ts";

export interface KafkaSource<T> extends Source<T, KafkaSplit> {
  readonly sideOutputs: readonly string[];
  createReader(...context: Parameters<Source<T, KafkaSplit>["createReader"]>): KafkaReader<T>;
}

/**
 * Reads topics. Positions are in the checkpoints alone; there is no consumer group, so nothing is ever rebalanced.
 * Partitions are dealt over the subtasks, records of one come in their order and carry Kafka's timestamp. A topic that was
 * deleted and made again fails the job with KAFKA_TOPIC_RECREATED, a position that is no longer in the log with
 * KAFKA_OFFSET_OUT_OF_RANGE.
 *
 *     kafkaSource(cluster, "payments", json<Payment>())
 *     kafkaSource(cluster, /^orders-/, records(text(), json<Order>()), { start: { timestampMs }, stop: "latest" })
 */
export function kafkaSource<T>(
  cluster: KafkaCluster,
  topics: TopicChoice,
  format: RecordDeserializer<T>,
  options: KafkaSourceOptions = {},
): KafkaSource<T> {
  checkSourceOptions(topics, options);
  const { start = "earliest", stop, discoverEveryMs = 60_000 } = options;
  const reading = readingOptions(options);
  const side = sideOutputOf(reading.onError);
  return {
    name: "kafka",
    boundedness: stop === undefined ? "unbounded" : "bounded",
    replayable: true,
    description: {
      brokers: [...cluster.brokers],
      topics: describeTopics(topics),
      format: format.description,
      isolation: reading.readCommitted ? "read_committed" : "read_uncommitted",
      groupId: reading.groupId ?? null,
      onError: side === undefined ? (reading.onError as string) : { sideOutput: side },
    },
    sideOutputs: side === undefined ? [] : [side],
    createEnumerator: (context, restored) =>
      new KafkaEnumerator(context, cluster, { topics, start, stop, readCommitted: reading.readCommitted, discoverEveryMs }, restored),
    createReader: (context) => new KafkaReader(context, cluster, reading, format),
  };
}
