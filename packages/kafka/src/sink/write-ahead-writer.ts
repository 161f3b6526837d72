import type { PreparedSink, SinkContext, SinkWriter } from "@millrace/contracts";
import { assert, type Json } from "@millrace/core";
import { BatchBuilder, type Bytes, type Headers, noProducer } from "../batch/batch-builder.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { Pending } from "../formats/format.ts";
import { partitionId } from "../source/split.ts";
import type { WriteAheadCommittable } from "../transactions/committable.ts";
import { ensureMarkerTopic } from "../transactions/markers.ts";
import type { OutboxOptions } from "./outbox.ts";
import { ProducerSession } from "./producer-session.ts";
import type { RecordTarget, RecordWriter } from "./record-writer.ts";
import { metadataEveryMs } from "./sender.ts";
import { type TransactionOptions, writerName } from "./transactional-writer.ts";
import { fixedTopic, recordWriter, type WriterSetup } from "./writer-setup.ts";

/** A commit that takes longer has failed. */
const commitMs = 60_000;

interface WaitingBatch {
  readonly topic: string;
  readonly partition: number;
  readonly builder: BatchBuilder;
}

/**
 * Keeps records until a barrier and puts them into the checkpoint; its committer writes them in a transaction of seconds.
 * So nothing can time out while the job is down, for the price of checkpoints that hold all output.
 */
export class WriteAheadWriter<T> implements SinkWriter<T>, RecordTarget {
  readonly #context: SinkContext;
  readonly #client: KafkaClient;
  readonly #outbox: OutboxOptions;
  readonly #options: TransactionOptions;
  readonly #name: string;
  readonly #records: RecordWriter<T>;
  readonly #topic: string | undefined;
  readonly #partitions = new Map<string, number>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #batches = new Map<ProducerSession, WaitingBatch[]>();
  #failure: { readonly error: unknown } | undefined;
  #session = new ProducerSession(0, null, undefined);
  #timeoutMs = 0;
  #lookedAtMs: number;

  constructor(setup: WriterSetup<T>, transactions: TransactionOptions) {
    this.#context = setup.context;
    this.#lookedAtMs = setup.context.ports.clock.monotonic();
    this.#client = new KafkaClient(setup.cluster, setup.context.ports);
    this.#outbox = setup.outbox;
    this.#options = transactions;
    this.#name = writerName(transactions.prefix, setup.context);
    this.#records = recordWriter(setup, this);
    this.#topic = fixedTopic(setup);
  }

  async open(): Promise<void> {
    this.#timeoutMs = await this.#options.timeoutMs(this.#client);
    await ensureMarkerTopic(this.#client, this.#options.markerTopic);
    if (this.#topic !== undefined) await this.#load(this.#topic);
  }

  #load(topic: string): Promise<void> {
    const known = this.#loading.get(topic);
    if (known !== undefined) return known;
    const loading = this.#client.topics([topic]).then(([found]) => {
      this.#partitions.set(topic, found?.partitions.length ?? 0);
    });
    this.#loading.set(topic, loading);
    return loading;
  }

  /** Now and then: topics may have been given more partitions. What can't be told stays as it was. */
  #lookNowAndThen(): void {
    const now = this.#context.ports.clock.monotonic();
    if (now - this.#lookedAtMs < metadataEveryMs) return;
    this.#lookedAtMs = now;
    this.#client.metadata([...this.#partitions.keys()]).then(
      ({ topics }) => {
        for (const { name, partitions } of topics) this.#partitions.set(name, Math.max(this.#partitions.get(name) ?? 0, partitions.length));
      },
      () => undefined,
    );
  }

  partitionsOf(topic: string): number {
    const count = this.#partitions.get(topic);
    if (count === undefined) throw new Pending(this.#load(topic));
    return count;
  }

  append(
    session: ProducerSession,
    topic: string,
    partition: number,
    timestamp: number,
    key: Bytes,
    value: Bytes,
    headers: Headers | undefined,
  ): void {
    const batches = this.#batches.get(session) ?? [];
    this.#batches.set(session, batches);
    const id = partitionId(topic, partition);
    let batch = batches.findLast((candidate) => partitionId(candidate.topic, candidate.partition) === id);
    if (batch === undefined || !batch.builder.fits(this.#outbox.batchBytes, key, value, headers)) {
      batch = { topic, partition, builder: new BatchBuilder(1024) };
      batches.push(batch);
    }
    batch.builder.append(timestamp, key, value, headers);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  write(value: T, timestamp: number): void {
    this.#session.given++;
    this.#records.write(this.#session, value, timestamp);
  }

  ready(): Promise<void> | undefined {
    return this.#failure === undefined ? this.#records.ready() : Promise.reject(this.#failure.error);
  }

  prepare(checkpointId: number): Promise<PreparedSink> {
    this.#lookNowAndThen();
    const session = this.#session;
    if (session.given === 0) return Promise.resolve({ committables: [], states: [] });
    this.#session = new ProducerSession(session.ordinal + 1, null, undefined);
    return this.#finish(session, checkpointId);
  }

  async #finish(session: ProducerSession, checkpointId: number): Promise<PreparedSink> {
    await this.#records.drained(session);
    if (this.#failure !== undefined) throw this.#failure.error;
    const batches = this.#batches.get(session);
    assert(batches !== undefined, "a session that was given records has batches");
    this.#batches.delete(session);
    const finished = batches.map(async ({ topic, partition, builder }) => {
      const bytes = await builder.finish(this.#outbox.compression, noProducer);
      return { topic, partition, count: builder.count, bytes: bytes.toString("base64") };
    });
    const committable: WriteAheadCommittable = {
      kind: "writeAhead",
      transactionalId: `${this.#options.prefix}-${this.#context.subtask}-ahead`,
      writer: this.#name,
      checkpointId,
      markerTopic: this.#options.markerTopic,
      timeoutMs: Math.min(this.#timeoutMs, commitMs),
      batches: await Promise.all(finished),
    };
    return { committables: [committable as unknown as Json], states: [] };
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
