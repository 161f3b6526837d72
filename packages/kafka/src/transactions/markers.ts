import { MillraceError } from "@millrace/core";
import { RecordCursor } from "../batch/record-cursor.ts";
import { batchesOf, readable } from "../batch/record-set.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { offsetsAt } from "../client/partition-offsets.ts";
import { Passing } from "../client/retry.ts";
import { createTopic } from "../protocol/admin-apis.ts";
import { errorCodes, errorText, isDenied, isPassing } from "../protocol/error-codes.ts";
import { earliestTimestamp, fetch, latestTimestamp } from "../protocol/record-apis.ts";
import { partitionOfKey } from "../sink/partitioner.ts";
import { partitionId } from "../source/split.ts";

/** What a transaction writes about itself, into the marker topic, as one of its records. */
export interface Marker {
  readonly checkpointId: number;
}

/** The marker topic, made when it is missing: compacted, so that it holds the last marker of each writer. */
export async function ensureMarkerTopic(client: KafkaClient, topic: string): Promise<void> {
  const found = await client.metadata([topic]);
  if (found.topics[0]?.errorCode === 0) return;
  const what = `make the marker topic ${topic}`;
  await client.pauses.retrying(what, client.cluster.unavailableMs, async () => {
    const { controllerId } = await client.metadataOnce([]);
    const controller = client.node(controllerId) ?? client.nodes[0];
    if (controller === undefined) throw new Passing("no broker is known");
    const configs = { "cleanup.policy": "compact" };
    const answer = await client.call(controller, createTopic, { name: topic, partitions: 1, replicationFactor: -1, configs, timeoutMs: 10_000 });
    if (answer.errorCode === 0 || answer.errorCode === errorCodes.topicAlreadyExists) return;
    if (isPassing(answer.errorCode)) throw new Passing(errorText(answer.errorCode));
    throw markerTopicRefused(topic, answer.errorCode);
  });
}

function markerTopicRefused(topic: string, code: number): MillraceError {
  return new MillraceError("KAFKA_MARKER_TOPIC", `the marker topic ${topic} can't be made: ${errorText(code)}`, {
    hint: `make it by hand, with cleanup.policy=compact${isDenied(code) ? ", or let this user create topics" : ""}`,
  });
}

export function markerPartition(writer: string, partitions: number): number {
  return partitionOfKey(writer, partitions);
}

/**
 * The last committed marker of a writer. Reads the marker topic's partition up to where its last stable offset was when
 * it was asked; a transaction that is open there is waited for no longer than that.
 */
export async function readMarker(client: KafkaClient, topic: string, writer: string): Promise<Marker | undefined> {
  const [metadata] = await client.topics([topic]);
  const partition = markerPartition(writer, metadata?.partitions.length ?? 1);
  const id = partitionId(topic, partition);
  const at = async (timestamp: number): Promise<number> => (await offsetsAt(client, [{ topic, partition, timestamp }], true)).get(id) ?? 0;
  const end = await at(latestTimestamp);
  const cursor = new RecordCursor(topic, partition);
  let marker: Marker | undefined;
  for (let offset = await at(earliestTimestamp); offset < end; ) {
    const fetched = await fetchFrom(client, topic, partition, offset);
    const batches = batchesOf(fetched.records, fetched.aborted, { topic, partition });
    for (const batch of batches) {
      const ready = await readable(fetched.records, batch, { topic, partition });
      offset = Math.max(offset, batch.header.lastOffset + 1);
      if (ready.records === undefined) continue;
      cursor.open(ready.header, ready.records, ready.start, ready.end);
      while (cursor.next()) if (cursor.key()?.toString("utf8") === writer) marker = markerOf(cursor.valueText());
    }
    if (batches.length === 0) break;
  }
  return marker;
}

function markerOf(text: string | null): Marker | undefined {
  return text === null ? undefined : (JSON.parse(text) as Marker);
}

async function fetchFrom(client: KafkaClient, topic: string, partition: number, offset: number) {
  return client.pauses.retrying(`read ${topic}`, client.cluster.unavailableMs, async () => {
    const [found] = await client.topics([topic]);
    const leader = found?.partitions.find((candidate) => candidate.partition === partition);
    const node = leader === undefined ? undefined : client.node(leader.leaderId);
    if (found === undefined || leader === undefined || node === undefined) throw new Passing(`${topic} has no leader`);
    const answer = await client.call(node, fetch, {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 16 << 20,
      readCommitted: true,
      sessionId: 0,
      sessionEpoch: -1,
      partitions: [{ topicId: found.topicId, partition, leaderEpoch: leader.leaderEpoch, offset, maxBytes: 4 << 20 }],
      forgotten: [],
    });
    const [part] = answer.partitions;
    const code = answer.errorCode !== 0 ? answer.errorCode : (part?.errorCode ?? 0);
    if (isPassing(code)) throw new Passing(errorText(code));
    if (code !== 0 || part === undefined)
      throw new MillraceError("KAFKA_MARKER_TOPIC", `the marker topic ${topic} can't be read: ${errorText(code)}`);
    return part;
  });
}
