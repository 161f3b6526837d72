import { MillraceError } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import { committedOffsets, offsetsAt } from "../client/partition-offsets.ts";
import { earliestTimestamp, latestTimestamp } from "../protocol/record-apis.ts";
import type { StartAt, StopAt } from "./options.ts";
import { type KafkaSplit, partitionId } from "./split.ts";

export interface Partition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** Splits for partitions, with the offsets that "earliest", a timestamp and so on stand for now. */
export async function splitsOf(
  client: KafkaClient,
  partitions: readonly Partition[],
  start: StartAt,
  stop: StopAt | undefined,
  readCommitted: boolean,
): Promise<readonly KafkaSplit[]> {
  const starts = await startOffsets(client, partitions, start, readCommitted);
  const stops = stop === undefined ? undefined : await stopOffsets(client, partitions, stop, readCommitted);
  return partitions.map(({ topic, topicId, partition }) => {
    const id = partitionId(topic, partition);
    return { id, topic, topicId, partition, offset: starts.get(id) ?? 0, stop: stops === undefined ? null : (stops.get(id) ?? 0) };
  });
}

type Offsets = ReadonlyMap<string, number>;

async function startOffsets(client: KafkaClient, partitions: readonly Partition[], start: StartAt, readCommitted: boolean): Promise<Offsets> {
  if (typeof start === "string") return ends(client, partitions, start, readCommitted);
  if ("timestampMs" in start) return atTimestamp(client, partitions, start.timestampMs, readCommitted);
  if ("offsets" in start) return chosen(client, partitions, start.offsets, "earliest", readCommitted);
  const committed = await committedOffsets(client, start.committed, partitions);
  if (start.otherwise === "fail") {
    const missing = partitions.find(({ topic, partition }) => !committed.has(partitionId(topic, partition)));
    if (missing !== undefined) {
      throw new MillraceError(
        "KAFKA_NOT_COMMITTED",
        `group ${start.committed} has committed no offset for ${partitionId(missing.topic, missing.partition)}`,
        {
          hint: 'choose otherwise: "earliest" or "latest" for such partitions',
        },
      );
    }
    return committed;
  }
  return chosen(client, partitions, Object.fromEntries(committed), start.otherwise, readCommitted);
}

async function stopOffsets(client: KafkaClient, partitions: readonly Partition[], stop: StopAt, readCommitted: boolean): Promise<Offsets> {
  if (stop === "latest") return ends(client, partitions, "latest", readCommitted);
  if ("timestampMs" in stop) return atTimestamp(client, partitions, stop.timestampMs, readCommitted);
  return chosen(client, partitions, stop.offsets, "latest", readCommitted);
}

function ends(client: KafkaClient, partitions: readonly Partition[], end: "earliest" | "latest", readCommitted: boolean): Promise<Offsets> {
  const timestamp = end === "earliest" ? earliestTimestamp : latestTimestamp;
  return offsetsAt(
    client,
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
    readCommitted,
  );
}

/** Where no record is so late, the end as it was before that was asked: what came since would be passed over. */
async function atTimestamp(client: KafkaClient, partitions: readonly Partition[], timestampMs: number, readCommitted: boolean): Promise<Offsets> {
  const latest = await ends(client, partitions, "latest", readCommitted);
  const found = await offsetsAt(
    client,
    partitions.map(({ topic, partition }) => ({ topic, partition, timestamp: timestampMs })),
    readCommitted,
  );
  return new Map([...latest, ...[...found].filter(([, offset]) => offset !== -1)]);
}

async function chosen(
  client: KafkaClient,
  partitions: readonly Partition[],
  offsets: Readonly<Record<string, number>>,
  otherwise: "earliest" | "latest",
  readCommitted: boolean,
): Promise<Offsets> {
  const rest = partitions.filter(({ topic, partition }) => !Object.hasOwn(offsets, partitionId(topic, partition)));
  return new Map([...Object.entries(offsets), ...(await ends(client, rest, otherwise, readCommitted))]);
}
