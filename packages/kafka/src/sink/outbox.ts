import type { Bytes, Headers } from "../batch/batch-builder.ts";
import type { CompressionName } from "../batch/compression.ts";
import type { KafkaClient } from "../client/kafka-client.ts";
import { Pending } from "../formats/format.ts";
import type { PartitionMetadata, TopicMetadata } from "../protocol/cluster-apis.ts";
import { type OutgoingBatch, PartitionQueue } from "./partition-queue.ts";
import type { ProducerSession } from "./producer-session.ts";
import type { RecordTarget } from "./record-writer.ts";
import { Sender } from "./sender.ts";

export interface OutboxOptions {
  readonly compression: CompressionName;
  /** −1: all in-sync replicas; 1: the leader alone. */
  readonly acks: number;
  /** Of one batch before compression; a record larger than that travels alone. */
  readonly batchBytes: number;
  /** Not yet acknowledged; beyond it the writer asks for a pause. */
  readonly bufferBytes: number;
}

/**
 * Records on their way to partitions. They are collected into batches as long as the partition's broker is busy with the
 * ones before, so that a quiet stream is sent at once and a busy one in full batches.
 */
export class Outbox implements RecordTarget {
  readonly #client: KafkaClient;
  readonly #options: OutboxOptions;
  readonly #topics = new Map<string, PartitionQueue[]>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #sender: Sender;
  #waiters: PromiseWithResolvers<void>[] = [];
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(client: KafkaClient, options: OutboxOptions) {
    this.#client = client;
    this.#options = options;
    this.#sender = new Sender(client, options, {
      arrived: (bytes) => this.#arrived(bytes),
      found: (topic) => this.#grow(topic),
      failed: (error) => this.fail(error),
    });
  }

  /** How many partitions a topic has. Throws Pending while that is not known. */
  partitionsOf(topic: string): number {
    const queues = this.#topics.get(topic);
    if (queues === undefined) throw new Pending(this.load(topic));
    return queues.length;
  }

  /** Learns a topic's partitions; rejects with KAFKA_TOPIC_MISSING, KAFKA_DENIED, KAFKA_UNREACHABLE. */
  load(topic: string): Promise<void> {
    const known = this.#loading.get(topic);
    if (known !== undefined) return known;
    const loading = this.#client.topics([topic]).then(([found]) => {
      this.#topics.set(topic, []);
      if (found !== undefined) this.#add(found.name, found.partitions);
    });
    this.#loading.set(topic, loading);
    return loading;
  }

  /** Takes up the partitions that are new, unless one has no leader yet. */
  #grow({ name, partitions }: TopicMetadata): void {
    if (partitions.every(({ leaderId }) => this.#client.node(leaderId) !== undefined)) this.#add(name, partitions);
  }

  #add(topic: string, partitions: readonly PartitionMetadata[]): void {
    const queues = this.#topics.get(topic);
    if (queues === undefined) return;
    const fresh = partitions.filter(({ partition }) => partition >= queues.length).sort((a, b) => a.partition - b.partition);
    const grown = fresh.map(({ partition, leaderId }) => new PartitionQueue(topic, partition, leaderId, this.#options.batchBytes));
    queues.push(...grown);
    this.#sender.add(grown);
  }

  /** The topic is loaded and has that partition. */
  append(
    session: ProducerSession,
    topic: string,
    partition: number,
    timestamp: number,
    key: Bytes,
    value: Bytes,
    headers: Headers | undefined,
  ): void {
    const queue = this.#topics.get(topic)?.[partition];
    if (queue === undefined) throw new RangeError(`topic ${topic} has no partition ${partition}`);
    this.#bytes += queue.append(session, timestamp, key, value, headers);
    this.#sender.wake(queue);
  }

  /** undefined: less than the bound waits. Rejects with what the sending failed with. */
  room(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#bytes < this.#options.bufferBytes) return undefined;
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** Resolves when all that the session was given has arrived. */
  async flush(session: ProducerSession): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    await Promise.all(this.#waiting(session).map(({ sent }) => sent.promise));
  }

  /** What comes from now on travels in other batches. */
  cut(): void {
    for (const queues of this.#topics.values()) for (const queue of queues) queue.close();
  }

  #arrived(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes > this.#options.bufferBytes / 2) return;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#sender.close();
    for (const queues of this.#topics.values()) for (const queue of queues) queue.fail(error);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  close(): void {
    this.#sender.close();
  }

  /**
   * Of one that is closed: resolves when no request is on its way any more, with true when all of the session that had
   * gone out is known to have arrived. What was not answered may arrive at any time.
   */
  async settled(session: ProducerSession): Promise<boolean> {
    await this.#sender.quiet();
    return !this.#waiting(session).some(({ underWay }) => underWay);
  }

  #waiting(session: ProducerSession): readonly OutgoingBatch[] {
    return [...this.#topics.values()].flat().flatMap((queue) => queue.waiting(session));
  }
}
