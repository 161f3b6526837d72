import { MillraceError, messageOf, NO_TIMESTAMP, type Ports } from "@millrace/core";
import type { Bytes, Headers } from "../batch/batch-builder.ts";
import { Pending } from "../formats/format.ts";
import type { KafkaSinkOptions } from "./options.ts";
import { DefaultPartitioner } from "./partitioner.ts";
import type { ProducerSession } from "./producer-session.ts";

/** Where records go: an outbox, or what keeps them for a checkpoint. */
export interface RecordTarget {
  /** How many partitions a topic has. Throws Pending while that is not known. */
  partitionsOf(topic: string): number;
  append(session: ProducerSession, topic: string, partition: number, timestamp: number, key: Bytes, value: Bytes, headers: Headers | undefined): void;
  /** What was waited for never comes. */
  fail(error: unknown): void;
}

interface Held<T> {
  readonly session: ProducerSession;
  readonly value: T;
  readonly timestamp: number;
}

/**
 * Turns values into records of a session. What can't be written yet, because a topic's partitions or a schema have to be
 * asked for first, is held back, and with it all that comes after: order is kept.
 */
export class RecordWriter<T> {
  readonly #target: RecordTarget;
  readonly #topic: string | ((value: T) => string);
  readonly #options: KafkaSinkOptions<T>;
  readonly #ports: Ports;
  readonly #partitioner: DefaultPartitioner;
  #held: Held<T>[] = [];
  #waiting: Promise<void> | undefined;

  constructor(target: RecordTarget, topic: string | ((value: T) => string), options: KafkaSinkOptions<T>, ports: Ports, batchBytes: number) {
    this.#target = target;
    this.#topic = topic;
    this.#options = options;
    this.#ports = ports;
    this.#partitioner = new DefaultPartitioner(ports.random, batchBytes);
  }

  write(session: ProducerSession, value: T, timestamp: number): void {
    if (this.#waiting === undefined && this.#tryWrite(session, value, timestamp)) return;
    this.#held.push({ session, value, timestamp });
  }

  /** undefined: nothing is held back. */
  ready(): Promise<void> | undefined {
    return this.#waiting;
  }

  /** Resolves when nothing of the session is held back any more. */
  async drained(session: ProducerSession): Promise<void> {
    while (this.#held.some((held) => held.session === session)) await this.#waiting;
  }

  #tryWrite(session: ProducerSession, value: T, timestamp: number): boolean {
    try {
      this.#append(session, value, timestamp);
      return true;
    } catch (error) {
      if (!(error instanceof Pending)) throw error;
      this.#waiting = error.ready.then(() => this.#goOn());
      this.#waiting.catch((failure: unknown) => this.#target.fail(failure));
      return false;
    }
  }

  #goOn(): Promise<void> | undefined {
    this.#waiting = undefined;
    const held = this.#held;
    this.#held = [];
    for (const [index, { session, value, timestamp }] of held.entries()) {
      if (this.#tryWrite(session, value, timestamp)) continue;
      this.#held = held.slice(index);
      return this.#waiting;
    }
    return undefined;
  }

  #append(session: ProducerSession, value: T, eventTime: number): void {
    const { key: keyOf, headers, timestamp: timestampOf, partition: partitionOf, tombstone, value: format } = this.#options;
    const topic = typeof this.#topic === "string" ? this.#topic : this.#topic(value);
    const partitions = this.#target.partitionsOf(topic);
    const key = keyOf === undefined ? null : keyOf(value, topic);
    const bytes = tombstone?.(value) === true ? null : format.serialize(value, topic);
    const partition = partitionOf === undefined ? this.#partitioner.choose(key, bytes?.length ?? 0, partitions) : partitionOf(value, partitions);
    if (!(Number.isInteger(partition) && partition >= 0 && partition < partitions)) throw noPartition(topic, partition, partitions);
    const wanted = timestampOf === undefined ? eventTime : timestampOf(value, eventTime);
    const timestamp = wanted === NO_TIMESTAMP ? this.#ports.clock.now() : wanted;
    if (!Number.isSafeInteger(timestamp)) throw noTimestamp(topic, timestamp);
    this.#target.append(session, topic, partition, timestamp, key, bytes, headers?.(value));
  }
}

function noPartition(topic: string, partition: number, partitions: number): MillraceError {
  return new MillraceError(
    "SINK_PARTITION",
    `kafkaSink: the partition function gave ${messageOf(partition)}, but ${topic} has partitions 0 to ${partitions - 1}`,
    {
      hint: "it is given the number of partitions as its second argument",
    },
  );
}

function noTimestamp(topic: string, timestamp: number): MillraceError {
  return new MillraceError("SINK_TIMESTAMP", `kafkaSink: the timestamp function gave ${messageOf(timestamp)} for a record of ${topic}`, {
    hint: "it gives whole milliseconds since 1970; NO_TIMESTAMP stands for the clock",
  });
}
