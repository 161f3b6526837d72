import type { WrittenOffsets } from "../sink/producer-session.ts";

/**
 * A transaction whose records have all arrived, and what is needed to commit it from another process: JSON. A type, not an
 * interface, because it is Json.
 */
export type TransactionCommittable = {
  readonly kind: "transaction";
  readonly transactionalId: string;
  /** Decimal digits. */
  readonly producerId: string;
  readonly epoch: number;
  /** Of EndTxn: the versions must not be mixed for one transaction. */
  readonly endTxnVersion: 1 | 5;
  /** Who wrote it, as its marker says. */
  readonly writer: string;
  readonly checkpointId: number;
  readonly markerTopic: string;
  readonly offsets: readonly WrittenOffsets[];
};

/** The records themselves, to be written in a transaction when they are committed. */
export type WriteAheadCommittable = {
  readonly kind: "writeAhead";
  readonly transactionalId: string;
  readonly writer: string;
  readonly checkpointId: number;
  readonly markerTopic: string;
  readonly timeoutMs: number;
  /** Record batches in base64; they lack producer, epoch and sequence. */
  readonly batches: readonly { readonly topic: string; readonly partition: number; readonly count: number; readonly bytes: string }[];
};

export type KafkaCommittable = TransactionCommittable | WriteAheadCommittable;
