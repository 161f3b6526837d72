import { MillraceError } from "@millrace/core";
import { BatchBuilder, noProducer, stamp } from "../batch/batch-builder.ts";
import { crcFrom, transactionalFlag } from "../batch/batch-header.ts";
import { halves } from "../batch/halves.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { Passing } from "../client/retry.ts";
import { errorCodes, errorText, isPassing } from "../protocol/error-codes.ts";
import { produce } from "../protocol/record-apis.ts";
import type { ProducerIdentity } from "../protocol/transaction-apis.ts";
import { isTooLarge, produceRefused } from "../sink/errors.ts";
import { partitionId } from "../source/split.ts";
import { addPartitions } from "./add-partitions.ts";
import type { WriteAheadCommittable } from "./committable.ts";
import { markerPartition, readMarker } from "./markers.ts";
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
}

/**
 * Writes the records of a committable in one transaction, unless the writer's marker says that this was done. Taking the
 * transactional id settles what an earlier attempt has begun: its transaction is aborted if it was open, and if it was
 * committed, its marker can be read afterwards. Resolves with false when it had been done.
 */
export async function writeAhead(client: KafkaClient, committable: WriteAheadCommittable): Promise<boolean> {
  const { transactionalId, timeoutMs, markerTopic, writer, checkpointId } = committable;
  const identity = await takeTransactionalId(client, transactionalId, timeoutMs);
  const marker = await readMarker(client, markerTopic, writer);
  if (marker !== undefined && marker.checkpointId >= checkpointId) return false;
  const [markers] = await client.topics([markerTopic]);
  const builder = new BatchBuilder(256);
  builder.append(client.ports.clock.now(), writer, JSON.stringify({ checkpointId }), undefined);
  const markerBatch: Batch = {
    topic: markerTopic,
    partition: markerPartition(writer, markers?.partitions.length ?? 1),
    count: 1,
    bytes: await builder.finish("none", noProducer),
  };
  const batches = [...committable.batches.map(({ bytes, ...batch }) => ({ ...batch, bytes: Buffer.from(bytes, "base64") })), markerBatch];
  const partitions = new Map(batches.map(({ topic, partition }) => [partitionId(topic, partition), { topic, partition }]));
  await addPartitions(client, transactionalId, identity, [...partitions.values()]);
  const transaction: Transaction = { ...identity, transactionalId, sequences: new Map() };
  for (const batch of batches) await write(client, transaction, batch);
  const code = await endTransaction(client, await endTxnVersion(client), { transactionalId, ...identity, commit: true });
  if (code !== 0)
    throw new MillraceError("KAFKA_COMMIT", `transaction ${transactionalId} can't be committed: ${errorText(code)}`, {
      hint: "it is written again after a restart",
    });
  return true;
}

/** A batch that the topic does not take is written in halves: it is in the checkpoint, and no other option makes it smaller. */
async function write(client: KafkaClient, transaction: Transaction, batch: Batch): Promise<void> {
  const { transactionalId, sequences } = transaction;
  const id = partitionId(batch.topic, batch.partition);
  const sequence = sequences.get(id) ?? 0;
  batch.bytes.writeInt16BE(batch.bytes.readInt16BE(crcFrom) | transactionalFlag, crcFrom);
  stamp(batch.bytes, { ...transaction, sequence, transactional: true });
  const code = await send(client, transactionalId, batch);
  if (isTooLarge(code) && batch.count > 1) {
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
