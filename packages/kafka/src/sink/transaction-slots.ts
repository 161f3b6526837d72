import { assert } from "@millrace/core";
import type { KafkaClient } from "../client/kafka-client.ts";
import { abortLeftovers } from "../transactions/abort-leftovers.ts";
import { takeTransactionalId } from "../transactions/transaction-calls.ts";
import { ProducerSession } from "./producer-session.ts";

interface Slot {
  readonly transactionalId: string;
  /** A transaction of it is open, or prepared and not committed. */
  session: ProducerSession | undefined;
  /** Of the checkpoint that holds its transaction. */
  preparedFor: number | undefined;
}

/**
 * The transactional ids of one writer, `prefix-subtask-slot`, used in turn: while a transaction is prepared, the next is
 * open under another id. Two are enough unless checkpoints are given up with transactions prepared. An id is taken anew
 * for every transaction, so that an id and an epoch never name two of them; the next one ahead of time, so that no
 * barrier waits for it.
 */
export class TransactionSlots {
  readonly #client: KafkaClient;
  readonly #prefix: string;
  readonly #subtask: number;
  readonly #timeoutMs: number;
  readonly #slots: Slot[] = [];
  #spare: Slot | undefined;
  #ordinal = 0;

  constructor(client: KafkaClient, prefix: string, subtask: number, timeoutMs: number) {
    this.#client = client;
    this.#prefix = prefix;
    this.#subtask = subtask;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Aborts open transactions of an attempt before, or of another writer of this sink that has no successor. What was to be
   * committed has been committed before writers are opened.
   */
  async abortLeftovers(parallelism: number): Promise<void> {
    await abortLeftovers(this.#client, this.#prefix, this.#timeoutMs, (subtask) => subtask % parallelism === this.#subtask);
  }

  /** Begins the next transaction. */
  take(): ProducerSession {
    const slot = this.#spare ?? this.#begin();
    this.#spare = this.#begin();
    assert(slot.session !== undefined, "a slot that was begun has a session");
    return slot.session;
  }

  #begin(): Slot {
    let slot = this.#slots.find(({ session }) => session === undefined);
    if (slot === undefined) {
      slot = { transactionalId: `${this.#prefix}-${this.#subtask}-${this.#slots.length}`, session: undefined, preparedFor: undefined };
      this.#slots.push(slot);
    }
    const { transactionalId } = slot;
    slot.session = new ProducerSession(this.#ordinal++, transactionalId, takeTransactionalId(this.#client, transactionalId, this.#timeoutMs));
    return slot;
  }

  prepared(session: ProducerSession, checkpointId: number): void {
    const slot = this.#slots.find((candidate) => candidate.session === session);
    assert(slot !== undefined && slot.preparedFor === undefined, "a transaction is prepared once");
    slot.preparedFor = checkpointId;
  }

  /** Everything up to the checkpoint is committed: its ids may be used again. */
  committed(checkpointId: number): void {
    for (const slot of this.#slots) {
      if (slot.preparedFor === undefined || slot.preparedFor > checkpointId) continue;
      slot.session = undefined;
      slot.preparedFor = undefined;
    }
  }
}
