import type { PreparedSink, SinkContext, SinkWriter } from "@millrace/contracts";
import { assert } from "@millrace/core";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { takeProducerId } from "../transactions/transaction-calls.ts";
import type { KafkaSinkOptions } from "./options.ts";
import { Outbox, type OutboxOptions } from "./outbox.ts";
import { ProducerSession } from "./producer-session.ts";
import { RecordWriter } from "./record-writer.ts";

/**
 * Writes without transactions. at-least-once: with an idempotent producer, and at a barrier it waits until all records
 * have arrived at all in-sync replicas; what a crash repeats stands in the topic twice. none: the leader's word is enough.
 */
export class PlainWriter<T> implements SinkWriter<T> {
  readonly #client: KafkaClient;
  readonly #outbox: Outbox;
  readonly #records: RecordWriter<T>;
  readonly #topic: string | ((value: T) => string);
  readonly #idempotent: boolean;
  #session: ProducerSession | undefined;

  constructor(
    context: SinkContext,
    cluster: KafkaCluster,
    topic: string | ((value: T) => string),
    options: KafkaSinkOptions<T>,
    outbox: OutboxOptions,
  ) {
    this.#client = new KafkaClient(cluster, context.ports);
    this.#outbox = new Outbox(this.#client, outbox);
    this.#records = new RecordWriter(this.#outbox, topic, options, context.ports, outbox.batchBytes);
    this.#topic = topic;
    this.#idempotent = options.guarantee !== "none";
  }

  async open(): Promise<void> {
    const identity = this.#idempotent ? takeProducerId(this.#client) : undefined;
    this.#session = new ProducerSession(0, null, identity);
    await identity;
    if (typeof this.#topic === "string") await this.#outbox.load(this.#topic);
  }

  #current(): ProducerSession {
    assert(this.#session !== undefined, "a writer is opened before it is used");
    return this.#session;
  }

  write(value: T, timestamp: number): void {
    this.#records.write(this.#current(), value, timestamp);
  }

  ready(): Promise<void> | undefined {
    return this.#outbox.room() ?? this.#records.ready();
  }

  async prepare(): Promise<PreparedSink> {
    this.#outbox.cut();
    await this.#records.drained(this.#current());
    await this.#outbox.flush(this.#current());
    return { committables: [], states: [] };
  }

  async close(): Promise<void> {
    this.#outbox.close();
    await this.#client.close();
  }
}
