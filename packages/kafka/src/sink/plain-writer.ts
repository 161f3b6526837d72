import type { PreparedSink, SinkWriter } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { takeProducerId } from "../transactions/transaction-calls.ts";
import { ProducerSession } from "./producer-session.ts";
import { Dispatch, type WriterSetup } from "./writer-setup.ts";

/**
 * Writes without transactions. at-least-once: with an idempotent producer, and at a barrier it waits until all records
 * have arrived at all in-sync replicas; what a crash repeats stands in the topic twice. none: the leader's word is enough.
 */
export class PlainWriter<T> implements SinkWriter<T> {
  readonly #dispatch: Dispatch<T>;
  readonly #idempotent: boolean;
  #session: ProducerSession | undefined;

  constructor(setup: WriterSetup<T>) {
    this.#dispatch = new Dispatch(setup);
    this.#idempotent = setup.options.guarantee !== "none";
  }

  async open(): Promise<void> {
    const identity = this.#idempotent ? takeProducerId(this.#dispatch.client) : undefined;
    this.#session = new ProducerSession(0, null, identity);
    await identity;
    await this.#dispatch.open();
  }

  #current(): ProducerSession {
    assert(this.#session !== undefined, "a writer is opened before it is used");
    return this.#session;
  }

  write(value: T, timestamp: number): void {
    this.#dispatch.write(this.#current(), value, timestamp);
  }

  ready(): Promise<void> | undefined {
    return this.#dispatch.ready();
  }

  async prepare(): Promise<PreparedSink> {
    const { outbox } = this.#dispatch;
    outbox.cut();
    await this.#dispatch.drained(this.#current());
    await outbox.flush(this.#current());
    return { committables: [], states: [] };
  }

  async close(): Promise<void> {
    this.#dispatch.outbox.close();
    await this.#dispatch.client.close();
  }
}
