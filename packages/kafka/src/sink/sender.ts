import { assert } from "@millrace/core";
import { noProducer } from "../batch/batch-builder.ts";
import { denied, type KafkaClient } from "../client/kafka-client.ts";
import { LeaderSearch } from "../client/leader-search.ts";
import { refusedError } from "../client/retry.ts";
import type { TopicMetadata } from "../protocol/cluster-apis.ts";
import { errorCodes, errorText, isDenied, isPassing } from "../protocol/error-codes.ts";
import { type ProducedPartition, produce } from "../protocol/record-apis.ts";
import type { ProducerIdentity } from "../protocol/transaction-apis.ts";
import { partitionId } from "../source/split.ts";
import { addPartitions } from "../transactions/add-partitions.ts";
import { TransportError } from "../transport/transport.ts";
import { produceRefused, unsentFor } from "./errors.ts";
import type { OutboxOptions } from "./outbox.ts";
import type { OutgoingBatch, PartitionQueue } from "./partition-queue.ts";
import type { ProducerSession } from "./producer-session.ts";

export interface SenderListener {
  /** By so many bytes less waits. */
  arrived(bytes: number): void;
  /** What the cluster says of a topic that is written to: it may have more partitions than before. */
  found(topic: TopicMetadata): void;
  failed(error: unknown): void;
}

interface Outgoing {
  readonly queue: PartitionQueue;
  readonly batch: OutgoingBatch;
}

/** Of one request. */
const requestBytesMax = 32 << 20;
const pauseMs = 50;
/** How often topics are looked at when nothing goes wrong. */
export const metadataEveryMs = 60_000;

/**
 * Sends the queues' batches: one request at a time to each broker, with the next batch of every partition that it leads.
 * What fails for a passing reason is sent again with the same bytes and sequence, to the partition's leader of then; a
 * broker that had it already says so, and nothing is doubled.
 */
export class Sender {
  readonly #client: KafkaClient;
  readonly #options: OutboxOptions;
  readonly #listener: SenderListener;
  readonly #queues: PartitionQueue[] = [];
  /** By leader: ends when nothing of it waits, or the sender is closed and the request on its way is answered. */
  readonly #running = new Map<number, Promise<void>>();
  readonly #leaders: LeaderSearch;
  #lookedAtMs: number;
  #planned = false;
  #closed = false;

  constructor(client: KafkaClient, options: OutboxOptions, listener: SenderListener) {
    this.#client = client;
    this.#options = options;
    this.#listener = listener;
    this.#lookedAtMs = client.ports.clock.monotonic();
    this.#leaders = new LeaderSearch(client, {
      what: "the partitions being written",
      lost: () => this.#queues.filter(({ leaderId }) => leaderId < 0).map(({ topic }) => topic),
      found: (topic) => this.#found(topic),
      failed: (error) => this.#fail(error),
      ended: () => this.#startAll(),
    });
  }

  add(queues: readonly PartitionQueue[]): void {
    this.#queues.push(...queues);
  }

  close(): void {
    this.#closed = true;
  }

  /** Of one that is closed: resolves when no request is on its way any more. */
  async quiet(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** A queue has something; it is looked at once this turn of the event loop is over, when more may have come. */
  wake(queue: PartitionQueue): void {
    if (this.#planned || this.#running.has(queue.leaderId)) return;
    this.#planned = true;
    this.#client.ports.scheduler.immediate(() => {
      this.#planned = false;
      this.#startAll();
    });
  }

  #startAll(): void {
    const leaders = new Set(this.#queues.filter((queue) => queue.peek() !== undefined && !queue.inFlight).map(({ leaderId }) => leaderId));
    for (const leaderId of leaders) {
      if (leaderId >= 0) this.#start(leaderId);
      else if (!this.#closed) this.#leaders.begin();
    }
  }

  #start(leaderId: number): void {
    if (this.#running.has(leaderId) || this.#closed) return;
    const running = this.#drain(leaderId)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running.delete(leaderId);
        if (!this.#closed && this.#queues.some((queue) => queue.peek() !== undefined)) this.#startAll();
      });
    this.#running.set(leaderId, running);
  }

  async #drain(leaderId: number): Promise<void> {
    while (!this.#closed) {
      const outgoing = this.#next(leaderId);
      const [first] = outgoing;
      if (first === undefined) return;
      for (const { queue } of outgoing) queue.inFlight = true;
      try {
        await this.#send(leaderId, first.batch.session, outgoing);
      } finally {
        for (const { queue } of outgoing) queue.inFlight = false;
      }
      await this.#lookNowAndThen();
    }
  }

  /** Now and then: which partitions there are, though nothing has gone wrong. */
  async #lookNowAndThen(): Promise<void> {
    const now = this.#client.ports.clock.monotonic();
    if (this.#closed || now - this.#lookedAtMs < metadataEveryMs) return;
    this.#lookedAtMs = now;
    const names = this.#queues.map(({ topic }) => topic);
    await this.#leaders.look(names).catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
    });
  }

  /** The heads of the leader's queues that belong to the oldest session: a request has one transactional id. */
  #next(leaderId: number): readonly Outgoing[] {
    const heads: Outgoing[] = [];
    for (const queue of this.#queues) {
      const batch = queue.leaderId === leaderId && !queue.inFlight ? queue.peek() : undefined;
      if (batch !== undefined) heads.push({ queue, batch });
    }
    const oldest = Math.min(...heads.map(({ batch }) => batch.session.ordinal));
    const outgoing: Outgoing[] = [];
    let bytes = 0;
    for (const { queue, batch } of heads) {
      if (batch.session.ordinal !== oldest) continue;
      bytes += batch.builder.bytes;
      if (outgoing.length > 0 && bytes > requestBytesMax) break;
      queue.head();
      outgoing.push({ queue, batch });
    }
    return outgoing;
  }

  async #send(leaderId: number, session: ProducerSession, outgoing: readonly Outgoing[]): Promise<void> {
    const identity = await session.identity;
    await this.#encode(session, identity, outgoing);
    if (session.transactionalId !== null) await this.#addPartitions(session, identity, outgoing);
    const node = this.#client.node(leaderId);
    if (node === undefined) return this.#again(outgoing, `broker ${leaderId} is not known`);
    // Closed meanwhile: whoever closed it counts on nothing more going out.
    if (this.#closed) return;
    for (const { batch } of outgoing) batch.underWay = true;
    const { requestTimeoutMs } = this.#client.cluster;
    let results: readonly ProducedPartition[];
    try {
      const partitions = outgoing.map(({ queue, batch }) => ({ topic: queue.topic, partition: queue.partition, records: batch.bytes as Buffer }));
      const request = { transactionalId: session.transactionalId, acks: this.#options.acks, timeoutMs: requestTimeoutMs, partitions };
      results = await this.#client.call(node, produce, request, { lane: "produce", timeoutMs: 2 * requestTimeoutMs });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.kind === "refused") throw refusedError(error);
      return this.#again(outgoing, error.message);
    }
    await this.#answered(session, outgoing, results);
  }

  async #encode(session: ProducerSession, identity: ProducerIdentity | undefined, outgoing: readonly Outgoing[]): Promise<void> {
    const now = this.#client.ports.clock.monotonic();
    const encode = async ({ queue, batch }: Outgoing): Promise<void> => {
      batch.firstTriedMs ??= now;
      if (batch.bytes !== undefined) return;
      const { count } = batch.builder;
      const transactional = session.transactionalId !== null;
      const producer = identity === undefined ? noProducer : { ...identity, sequence: session.nextSequence(queue, count), transactional };
      batch.bytes = await batch.builder.finish(this.#options.compression, producer);
    };
    await Promise.all(outgoing.map(encode));
  }

  /** Those that the transaction's coordinator does not know of yet. */
  async #addPartitions(session: ProducerSession, identity: ProducerIdentity | undefined, outgoing: readonly Outgoing[]): Promise<void> {
    const { transactionalId } = session;
    assert(identity !== undefined && transactionalId !== null, "a transaction has an identity");
    const fresh = outgoing.map(({ queue }) => queue).filter(({ topic, partition }) => !session.added.has(partitionId(topic, partition)));
    if (fresh.length === 0) return;
    const partitions = fresh.map(({ topic, partition }) => ({ topic, partition }));
    await addPartitions(this.#client, transactionalId, identity, partitions);
    for (const { topic, partition } of fresh) session.added.add(partitionId(topic, partition));
  }

  async #answered(session: ProducerSession, outgoing: readonly Outgoing[], results: readonly ProducedPartition[]): Promise<void> {
    const byId = new Map(results.map((result) => [partitionId(result.topic, result.partition), result]));
    const again: Outgoing[] = [];
    let why = "";
    for (const item of outgoing) {
      const { queue, batch } = item;
      const result = byId.get(partitionId(queue.topic, queue.partition));
      const code = result?.errorCode ?? 0;
      assert(result !== undefined, "a broker answers for every partition of a request");
      if (code === 0 || code === errorCodes.duplicateSequenceNumber) {
        session.written(queue, result.baseOffset, batch.builder.count);
        this.#listener.arrived(queue.done());
      } else if (isDenied(code)) throw denied(`topic ${queue.topic}`, code);
      else if (!isPassing(code)) throw produceRefused(queue, session.transactionalId, code, batch.builder);
      else {
        again.push(item);
        why = errorText(code);
      }
    }
    if (again.length > 0) await this.#again(again, why);
  }

  /** Looks for the leaders again; what has been tried for too long fails. */
  async #again(outgoing: readonly Outgoing[], why: string): Promise<void> {
    const { unavailableMs } = this.#client.cluster;
    const now = this.#client.ports.clock.monotonic();
    for (const { queue, batch } of outgoing) {
      if (now - (batch.firstTriedMs ?? now) > unavailableMs) throw unsentFor(queue, unavailableMs, why);
      queue.leaderId = -1;
    }
    await this.#client.pauses.pause(pauseMs);
    if (!this.#closed) this.#leaders.begin();
  }

  #found(topic: TopicMetadata): void {
    const leaders = new Map(topic.partitions.map(({ partition, leaderId }) => [partition, leaderId]));
    for (const queue of this.#queues) {
      const leaderId = queue.topic === topic.name ? leaders.get(queue.partition) : undefined;
      if (leaderId !== undefined && this.#client.node(leaderId) !== undefined) queue.leaderId = leaderId;
    }
    this.#listener.found(topic);
    // Others may have no leader for a long time yet.
    this.#startAll();
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.failed(error);
  }
}
