import type { PreparedSink, SinkContext, SinkWriter } from "@millrace/contracts";
import { assert, type Json, randomHex } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import type { TransactionCommittable } from "../transactions/committable.ts";
import { ensureMarkerTopic, markerPartition } from "../transactions/markers.ts";
import { endTransaction, endTxnVersion } from "../transactions/transaction-calls.ts";
import type { WriterState } from "../transactions/transactional-ids.ts";
import type { ProducerSession } from "./producer-session.ts";
import { TransactionSlots } from "./transaction-slots.ts";
import { Dispatch, type WriterSetup } from "./writer-setup.ts";

export interface TransactionOptions {
  readonly prefix: string;
  readonly markerTopic: string;
  /** Asks the brokers what they allow. */
  readonly timeoutMs: (client: KafkaClient) => Promise<number>;
}

const closingMs = 2_000;

/**
 * Writes into a transaction that is open from one barrier to the next. At a barrier it is cut; once its records and its
 * marker have arrived it is prepared, and the committable says how to commit it from anywhere. Meanwhile records go on
 * into the next transaction, under another transactional id. One without records is kept open for the next barrier.
 */
export class TransactionalWriter<T> implements SinkWriter<T> {
  readonly #context: SinkContext;
  readonly #options: TransactionOptions;
  readonly #dispatch: Dispatch<T>;
  readonly #name: string;
  #slots: TransactionSlots | undefined;
  #session: ProducerSession | undefined;
  #endTxnVersion: 1 | 5 = 1;

  constructor(setup: WriterSetup<T>, transactions: TransactionOptions) {
    this.#context = setup.context;
    this.#options = transactions;
    this.#dispatch = new Dispatch(setup);
    this.#name = writerName(transactions.prefix, setup.context);
  }

  async open(): Promise<void> {
    const { subtask, parallelism } = this.#context;
    const { client, outbox } = this.#dispatch;
    const timeoutMs = await this.#options.timeoutMs(client);
    this.#endTxnVersion = await endTxnVersion(client);
    await ensureMarkerTopic(client, this.#options.markerTopic);
    await outbox.load(this.#options.markerTopic);
    await this.#dispatch.open();
    this.#slots = new TransactionSlots(client, this.#options.prefix, subtask, timeoutMs);
    await this.#slots.abortLeftovers(parallelism);
    this.#session = this.#slots.take();
    await this.#session.identity;
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

  prepare(checkpointId: number): Promise<PreparedSink> {
    const session = this.#current();
    const slots = this.#slots;
    assert(slots !== undefined, "a writer is opened before it is used");
    if (session.given === 0) return Promise.resolve({ committables: [], states: [this.#state()] });
    this.#dispatch.outbox.cut();
    slots.prepared(session, checkpointId);
    this.#session = slots.take();
    return this.#finish(session, checkpointId);
  }

  async #finish(session: ProducerSession, checkpointId: number): Promise<PreparedSink> {
    const { markerTopic } = this.#options;
    const { outbox } = this.#dispatch;
    const identity = await session.identity;
    assert(identity !== undefined && session.transactionalId !== null, "a transaction has an identity");
    await this.#dispatch.drained(session);
    const writer = this.#name;
    const partition = markerPartition(writer, outbox.partitionsOf(markerTopic));
    outbox.append(session, markerTopic, partition, this.#context.ports.clock.now(), writer, JSON.stringify({ checkpointId }), undefined);
    await outbox.flush(session);
    const committable: TransactionCommittable = {
      kind: "transaction",
      transactionalId: session.transactionalId,
      producerId: String(identity.producerId),
      epoch: identity.epoch,
      endTxnVersion: this.#endTxnVersion,
      writer,
      checkpointId,
      markerTopic,
      offsets: session.offsets.filter(({ topic }) => topic !== markerTopic),
    };
    return { committables: [committable as unknown as Json], states: [this.#state()] };
  }

  #state(): WriterState {
    return { prefix: this.#options.prefix };
  }

  committed(checkpointId: number): void {
    this.#slots?.committed(checkpointId);
  }

  /**
   * Aborts what no checkpoint holds, so that readers are not kept waiting for it; never what is prepared. Transactions of
   * version 1 have one epoch after an abort as before it: a record that came behind the abort would stand in a transaction
   * that nobody ends (KIP-890). There it is aborted only when all that was sent has been answered; otherwise the next
   * start does it, which raises the epoch, or the timeout.
   */
  async close(): Promise<void> {
    const { client, outbox } = this.#dispatch;
    outbox.close();
    const session = this.#session;
    if (session !== undefined && session.added.size > 0) await Promise.race([this.#abort(session), client.pauses.pause(closingMs)]);
    await client.close();
  }

  async #abort(session: ProducerSession): Promise<void> {
    const { transactionalId, identity } = session;
    const known = await identity?.catch(() => undefined);
    if (transactionalId === null || known === undefined) return;
    if (this.#endTxnVersion === 1 && !(await this.#dispatch.outbox.settled(session))) return;
    await endTransaction(this.#dispatch.client, this.#endTxnVersion, { transactionalId, ...known, commit: false }).catch(() => undefined);
  }
}

/**
 * Keys the markers: a sink (by its prefix), a run, a subtask, and one writer of it. A later marker stands for the earlier ones
 * of the same writer alone: whoever went back to another checkpoint has given up what the writers behind that had prepared.
 */
export function writerName(prefix: string, { ports, runId, subtask }: Pick<SinkContext, "ports" | "runId" | "subtask">): string {
  return `${prefix}/${runId}/${subtask}/${randomHex(ports.random, 16)}`;
}
