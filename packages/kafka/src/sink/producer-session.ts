import type { Json } from "@millrace/core";
import type { ProducerIdentity } from "../protocol/transaction-apis.ts";
import { partitionId } from "../source/split.ts";
import type { PartitionRef } from "./partition-queue.ts";

const sequenceLimit = 2 ** 31;

/** Offsets that a session has written to one partition. A type, not an interface, because it is Json. */
export type WrittenOffsets = { readonly topic: string; readonly partition: number; readonly first: number; readonly last: number };

/** What writes under one producer id and epoch: a transaction, or an idempotent producer. Counts its sequences. */
export class ProducerSession {
  /** null: no transactions. */
  readonly transactionalId: string | null;
  /** undefined: without idempotence. */
  readonly identity: Promise<ProducerIdentity> | undefined;
  /** Partitions that the transaction's coordinator knows of. */
  readonly added = new Set<string>();
  readonly #sequences = new Map<string, number>();
  readonly #written = new Map<string, { first: number; last: number; readonly ref: PartitionRef }>();
  /** Sessions of one outbox are sent in this order where they meet. */
  readonly ordinal: number;
  /** Records given to it so far, also those that are held back. */
  given = 0;

  constructor(ordinal: number, transactionalId: string | null, identity: Promise<ProducerIdentity> | undefined) {
    this.ordinal = ordinal;
    this.transactionalId = transactionalId;
    this.identity = identity;
    // Whoever sends finds the failure.
    identity?.catch(() => undefined);
  }

  /** The sequence of the partition's next batch, which has `count` records. */
  nextSequence({ topic, partition }: PartitionRef, count: number): number {
    const id = partitionId(topic, partition);
    const sequence = this.#sequences.get(id) ?? 0;
    this.#sequences.set(id, (sequence + count) % sequenceLimit);
    return sequence;
  }

  written(ref: PartitionRef, baseOffset: number, count: number): void {
    // Of a batch that was there already the broker may not tell the offset.
    if (baseOffset < 0) return;
    const id = partitionId(ref.topic, ref.partition);
    const known = this.#written.get(id);
    const last = baseOffset + count - 1;
    if (known === undefined) this.#written.set(id, { first: baseOffset, last, ref });
    else known.last = Math.max(known.last, last);
  }

  get offsets(): readonly (WrittenOffsets & Json)[] {
    return [...this.#written.values()].map(({ first, last, ref }) => ({ topic: ref.topic, partition: ref.partition, first, last }));
  }
}
