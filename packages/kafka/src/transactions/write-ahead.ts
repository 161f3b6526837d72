import { MillraceError } from "@millrace/core";
import { BatchBuilder, noProducer, stamp } from "../batch/batch-builder.ts";
import { crcFrom, transactionalFlag } from "../batch/batch-header.ts";
import { halves } from "../batch/halves.ts";
import { denied, type KafkaClient } from "../client/kafka-client.ts";
import { Passing } from "../client/retry.ts";
import { errorCodes, errorText, isPassing } from "../protocol/error-codes.ts";
import { produce } from "../protocol/record-apis.ts";
import { addPartitionsToTxn, type ProducerIdentity } from "../protocol/transaction-apis.ts";
import { addRefused, produceRefused } from "../sink/errors.ts";
import type { PartitionRef } from "../sink/partition-queue.ts";
import { partitionId } from "../source/split.ts";
import { decisive } from "./add-partitions.ts";
import type { CommitOutcome } from "./commit-transactions.ts";
import type { WriteAheadCommittable } from "./committable.ts";
import { markerPartition, readMarker } from "./markers.ts";
import { isRefusalOfRecords, RefusedRecords } from "./refused-records.ts";
import { endTransaction, endTxnVersion, takeTransactionalId } from "./transaction-calls.ts";

interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly bytes: Buffer;
}

interface Transaction extends ProducerIdentity {
  readonly transactionalId: string;
  /** By partition: records written so far. */
  readonly sequences: Map<string, number>;
  readonly refused: RefusedRecords;
}

/**
 * Writes the records of a committable in one transaction, unless the writer's marker says that this was done. Taking the
 * transactional id settles what an earlier attempt has begun: its transaction is aborted if it was open, and if it was
 * committed, its marker can be read afterwards. What a topic will not take whenever it is tried throws, unless that is
 * accepted: then the rest is written.
 */
export async function writeAhead(client: KafkaClient, committable: WriteAheadCommittable, acceptLoss: boolean): Promise<CommitOutcome> {
  const { transactionalId, timeoutMs, markerTopic, writer, checkpointId } = committable;
  const identity = await takeTransactionalId(client, transactionalId, timeoutMs);
  const marker = await readMarker(client, markerTopic, writer);
  if (marker !== undefined && marker.checkpointId >= checkpointId) return { kind: "before" };
  const refused = new RefusedRecords(committable, acceptLoss);
  const batches = [...batchesOf(committable), await markerBatch(client, committable)];
  const transaction: Transaction = { ...identity, transactionalId, sequences: new Map(), refused };
  for (const batch of await addPartitions(client, transaction, batches)) await write(client, transaction, batch);
  const code = await endTransaction(client, await endTxnVersion(client), { transactionalId, ...identity, commit: true });
  if (code !== 0)
    throw new MillraceError("KAFKA_COMMIT", `transaction ${transactionalId} can't be committed: ${errorText(code)}`, {
      hint: "it is written again after a restart",
    });
  return refused.outcome;
}

function batchesOf({ batches }: WriteAheadCommittable): readonly Batch[] {
  return batches.map(({ bytes, ...batch }) => ({ ...batch, bytes: Buffer.from(bytes, "base64") }));
}

async function markerBatch(client: KafkaClient, { markerTopic, writer, checkpointId }: WriteAheadCommittable): Promise<Batch> {
  const [markers] = await client.topics([markerTopic]);
  const builder = new BatchBuilder(256);
  builder.append(client.ports.clock.now(), writer, JSON.stringify({ checkpointId }), undefined);
  return {
    topic: markerTopic,
    partition: markerPartition(writer, markers?.partitions.length ?? 1),
    count: 1,
    bytes: await builder.finish("none", noProducer),
  };
}

/** Tells the coordinator where the transaction writes to, and resolves with the batches that have a place to be written to. */
async function addPartitions(client: KafkaClient, transaction: Transaction, batches: readonly Batch[]): Promise<readonly Batch[]> {
  const { transactionalId, producerId, epoch, refused } = transaction;
  const refs = new Map(batches.map(({ topic, partition }) => [partitionId(topic, partition), { topic, partition }]));
  const request = { transactionalId, producerId, epoch, partitions: [...refs.values()] };
  const gone = await client.pauses.retrying(`add partitions to ${transactionalId}`, client.cluster.unavailableMs, async () => {
    const code = codeOf(await client.toCoordinator("transaction", transactionalId, addPartitionsToTxn, request, codeOf));
    if (code === 0) return [];
    if (code !== errorCodes.unknownTopicOrPartition) throw addRefused(transactionalId, code);
    const missing = await missingOf(client, request.partitions);
    // They are there, and the coordinator has not heard of them yet.
    if (missing.length === 0) throw new Passing(errorText(code));
    return missing;
  });
  if (gone.length === 0) return batches;
  const isGone = ({ topic, partition }: PartitionRef): boolean => gone.includes(partitionId(topic, partition));
  for (const batch of batches) if (isGone(batch)) refused.add(batch, errorCodes.unknownTopicOrPartition);
  return addPartitions(
    client,
    transaction,
    batches.filter((batch) => !isGone(batch)),
  );
}

/** Of an answer to all partitions. Throws KAFKA_DENIED with the topic that may not be written to. */
function codeOf(answer: readonly (PartitionRef & { readonly errorCode: number })[]): number {
  const refused = decisive(answer);
  if (refused?.errorCode === errorCodes.topicAuthorizationFailed) throw denied(`topic ${refused.topic}`, refused.errorCode);
  return refused?.errorCode ?? 0;
}

/** The ids of those that are not there any more. */
async function missingOf(client: KafkaClient, refs: readonly PartitionRef[]): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [topic, wanted] of Map.groupBy(refs, (ref) => ref.topic)) {
    const there = await partitionsOf(client, topic);
    for (const { partition } of wanted) if (!there.includes(partition)) missing.push(partitionId(topic, partition));
  }
  return missing;
}

async function partitionsOf(client: KafkaClient, topic: string): Promise<readonly number[]> {
  try {
    const [found] = await client.topics([topic]);
    return found?.partitions.map(({ partition }) => partition) ?? [];
  } catch (error) {
    if (error instanceof MillraceError && error.code === "KAFKA_TOPIC_MISSING") return [];
    throw error;
  }
}

/** A batch that the topic does not take is written in halves: it is in the checkpoint, and no other option makes it smaller. */
async function write(client: KafkaClient, transaction: Transaction, batch: Batch): Promise<void> {
  const { transactionalId, sequences, refused } = transaction;
  const id = partitionId(batch.topic, batch.partition);
  const sequence = sequences.get(id) ?? 0;
  batch.bytes.writeInt16BE(batch.bytes.readInt16BE(crcFrom) | transactionalFlag, crcFrom);
  stamp(batch.bytes, { ...transaction, sequence, transactional: true });
  const code = await send(client, transactionalId, batch);
  if (isRefusalOfRecords(code)) {
    if (batch.count === 1) return refused.add(batch, code);
    for (const half of await halved(batch)) await write(client, transaction, half);
    return;
  }
  if (code !== 0 && code !== errorCodes.duplicateSequenceNumber)
    throw produceRefused(batch, transactionalId, code, { count: batch.count, bytes: batch.bytes.length });
  sequences.set(id, sequence + batch.count);
}

async function halved({ topic, partition, bytes }: Batch): Promise<readonly Batch[]> {
  return (await halves(bytes, { topic, partition })).map((half) => ({ topic, partition, ...half }));
}

/** The broker's final answer. */
async function send(client: KafkaClient, transactionalId: string, batch: Batch): Promise<number> {
  const id = partitionId(batch.topic, batch.partition);
  return client.pauses.retrying(`write to ${id}`, client.cluster.unavailableMs, async () => {
    const [found] = await client.topics([batch.topic]);
    const leader = found?.partitions.find(({ partition }) => partition === batch.partition);
    const node = leader === undefined ? undefined : client.node(leader.leaderId);
    if (node === undefined) throw new Passing(`${id} has no leader`);
    const { requestTimeoutMs } = client.cluster;
    const partitions = [{ topic: batch.topic, partition: batch.partition, records: batch.bytes }];
    const [result] = await client.call(
      node,
      produce,
      { transactionalId, acks: -1, timeoutMs: requestTimeoutMs, partitions },
      { lane: "produce", timeoutMs: 2 * requestTimeoutMs },
    );
    const code = result?.errorCode ?? -1;
    if (isPassing(code)) throw new Passing(errorText(code));
    return code;
  });
}
