import { MillraceError } from "@millrace/core";
import { RecordCursor } from "../batch/record-cursor.ts";
import { batchesOf, type RecordSetPlace, readable, transactionEnd, type VisibleBatch } from "../batch/record-set.ts";
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
 * The last committed marker of a writer. It is looked for in all partitions of the marker topic: the one that is its own
 * by its key was another one before the topic was given more of them.
 */
export async function readMarker(client: KafkaClient, topic: string, writer: string): Promise<Marker | undefined> {
  const [metadata] = await client.topics([topic]);
  const partitions = metadata?.partitions.map(({ partition }) => partition) ?? [0];
  const markers = await Promise.all(partitions.map((partition) => readPartition(client, topic, partition, writer)));
  return markers.reduce(later, undefined);
}

function later(one: Marker | undefined, other: Marker | undefined): Marker | undefined {
  return other !== undefined && other.checkpointId > (one?.checkpointId ?? -1) ? other : one;
}

/**
 * Reads a partition to its end, open transactions among it, and takes from the control batches how the writer's own have
 * ended. The last stable offset would not do: other writers share the partition, and behind a transaction that one of them
 * keeps open it would hide what was committed since.
 */
async function readPartition(client: KafkaClient, topic: string, partition: number, writer: string): Promise<Marker | undefined> {
  const id = partitionId(topic, partition);
  const at = async (timestamp: number): Promise<number> => (await offsetsAt(client, [{ topic, partition, timestamp }], false)).get(id) ?? 0;
  const end = await at(latestTimestamp);
  const markers = new CommittedMarkers(topic, partition, writer);
  for (let offset = await at(earliestTimestamp); offset < end; ) {
    const records = await fetchFrom(client, topic, partition, offset, end);
    const batches = batchesOf(records, undefined, { topic, partition });
    for (const batch of batches) {
      await markers.read(records, batch);
      offset = Math.max(offset, batch.header.lastOffset + 1);
    }
    // Compaction has left nothing up to the end.
    if (batches.length === 0) break;
  }
  return markers.last;
}

/** Goes through the batches of a partition in order. */
export class CommittedMarkers {
  /** The writer's latest that was committed. */
  last: Marker | undefined;
  /** By producer, which has one transaction at a time: the writer's marker in one whose end has not been met. */
  readonly #open = new Map<bigint, Marker>();
  readonly #place: RecordSetPlace;
  readonly #cursor: RecordCursor;
  readonly #writer: string;

  constructor(topic: string, partition: number, writer: string) {
    this.#place = { topic, partition };
    this.#cursor = new RecordCursor(topic, partition);
    this.#writer = writer;
  }

  async read(records: Buffer, batch: VisibleBatch): Promise<void> {
    const { producerId } = batch.header;
    const end = transactionEnd(records, batch.header);
    if (end === "commit") this.#committed(this.#open.get(producerId));
    if (end !== undefined) this.#open.delete(producerId);
    const ready = await readable(records, batch, this.#place);
    if (ready.records === undefined) return;
    this.#cursor.open(ready.header, ready.records, ready.start, ready.end);
    while (this.#cursor.next()) {
      // Others may have written anything there.
      const marker = this.#cursor.key()?.toString() === this.#writer ? markerOf(this.#cursor.valueText()) : undefined;
      if (marker === undefined) continue;
      if (batch.header.transactional) this.#open.set(producerId, marker);
      // As a topic has it that was copied from another cluster.
      else this.#committed(marker);
    }
  }

  /** Coordinators write the ends of transactions that were committed one after the other in any order. */
  #committed(marker: Marker | undefined): void {
    this.last = later(this.last, marker);
  }
}

function markerOf(text: string | null): Marker | undefined {
  return text === null ? undefined : (JSON.parse(text) as Marker);
}

/** Record batches from an offset on, of open and aborted transactions as well; none: there are none up to `end`. */
async function fetchFrom(client: KafkaClient, topic: string, partition: number, offset: number, end: number): Promise<Buffer> {
  return client.pauses.retrying(`read ${topic}`, client.cluster.unavailableMs, async () => {
    const [found] = await client.topics([topic]);
    const leader = found?.partitions.find((candidate) => candidate.partition === partition);
    const node = leader === undefined ? undefined : client.node(leader.leaderId);
    if (found === undefined || leader === undefined || node === undefined) throw new Passing(`${topic} has no leader`);
    const answer = await client.call(node, fetch, {
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 16 << 20,
      readCommitted: false,
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
    // A new leader learns later how far all replicas are.
    if (part.records.length === 0 && part.highWatermark < end) throw new Passing(`${topic} is not yet given out to ${end}`);
    return part.records;
  });
}
