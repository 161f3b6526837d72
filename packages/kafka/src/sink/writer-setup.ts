import type { SinkContext } from "@millrace/contracts";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import type { KafkaSinkOptions } from "./options.ts";
import { Outbox, type OutboxOptions } from "./outbox.ts";
import type { ProducerSession } from "./producer-session.ts";
import { type RecordTarget, RecordWriter } from "./record-writer.ts";

/** What every writer of a sink is made of. */
export interface WriterSetup<T> {
  readonly context: SinkContext;
  readonly cluster: KafkaCluster;
  readonly topic: string | ((value: T) => string);
  readonly options: KafkaSinkOptions<T>;
  readonly outbox: OutboxOptions;
}

export function recordWriter<T>({ context, topic, options, outbox }: WriterSetup<T>, target: RecordTarget): RecordWriter<T> {
  return new RecordWriter(target, topic, options, context.ports, outbox.batchBytes);
}

/** The topic that is known before the first record comes. */
export function fixedTopic<T>({ topic }: WriterSetup<T>): string | undefined {
  return typeof topic === "string" ? topic : undefined;
}

/** How records get from a writer to the brokers as they come, each in its session. */
export class Dispatch<T> {
  readonly client: KafkaClient;
  readonly outbox: Outbox;
  readonly #records: RecordWriter<T>;
  readonly #topic: string | undefined;

  constructor(setup: WriterSetup<T>) {
    this.client = new KafkaClient(setup.cluster, setup.context.ports);
    this.outbox = new Outbox(this.client, setup.outbox);
    this.#records = recordWriter(setup, this.outbox);
    this.#topic = fixedTopic(setup);
  }

  /** Learns the partitions of the topic, if it is known. */
  async open(): Promise<void> {
    if (this.#topic !== undefined) await this.outbox.load(this.#topic);
  }

  write(session: ProducerSession, value: T, timestamp: number): void {
    session.given++;
    this.#records.write(session, value, timestamp);
  }

  ready(): Promise<void> | undefined {
    return this.outbox.room() ?? this.#records.ready();
  }

  /** Resolves when nothing of the session is held back any more; it may still be on its way. */
  drained(session: ProducerSession): Promise<void> {
    return this.#records.drained(session);
  }
}
