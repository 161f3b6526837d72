import { BatchBuilder, type Bytes, type Headers } from "../batch/batch-builder.ts";
import type { ProducerSession } from "./producer-session.ts";

export interface PartitionRef {
  readonly topic: string;
  readonly partition: number;
}

/** Records of one session and one partition that travel together, and travel again as the same bytes. */
export interface OutgoingBatch {
  readonly session: ProducerSession;
  readonly builder: BatchBuilder;
  readonly sent: PromiseWithResolvers<void>;
  /** How much of it the queue has told to have grown by: what leaves with it. */
  counted: number;
  /** Set when it is sent for the first time. */
  bytes: Buffer | undefined;
  sequence: number;
  firstTriedMs: number | undefined;
  /** A request with it has gone out: until it is known to have arrived, it may still do so. */
  underWay: boolean;
}

/** What waits for one partition, in order: at most one batch of it is on its way at a time, or a repeat could overtake. */
export class PartitionQueue implements PartitionRef {
  readonly topic: string;
  readonly partition: number;
  leaderId: number;
  inFlight = false;
  readonly #batchBytes: number;
  readonly #batches: OutgoingBatch[] = [];
  #open: OutgoingBatch | undefined;
  /** About as large as the last one. */
  #sizeHint = 1024;

  constructor(topic: string, partition: number, leaderId: number, batchBytes: number) {
    this.topic = topic;
    this.partition = partition;
    this.leaderId = leaderId;
    this.#batchBytes = batchBytes;
  }

  /** Returns by how many bytes the queue has grown. */
  append(session: ProducerSession, timestamp: number, key: Bytes, value: Bytes, headers: Headers | undefined): number {
    let open = this.#open;
    if (open !== undefined && (open.session !== session || !open.builder.fits(this.#batchBytes, key, value, headers))) {
      this.close();
      open = undefined;
    }
    if (open === undefined) {
      open = {
        session,
        builder: new BatchBuilder(this.#sizeHint),
        sent: Promise.withResolvers(),
        counted: 0,
        bytes: undefined,
        sequence: -1,
        firstTriedMs: undefined,
        underWay: false,
      };
      open.sent.promise.catch(() => undefined);
      this.#open = open;
    }
    open.builder.append(timestamp, key, value, headers);
    const grown = open.builder.bytes - open.counted;
    open.counted += grown;
    return grown;
  }

  /** What comes now goes into another batch. */
  close(): void {
    if (this.#open === undefined) return;
    this.#sizeHint = Math.min(this.#open.builder.bytes + 256, this.#batchBytes + 4096);
    this.#batches.push(this.#open);
    this.#open = undefined;
  }

  /** The one to send next; undefined: nothing waits. */
  peek(): OutgoingBatch | undefined {
    return this.#batches[0] ?? this.#open;
  }

  /** The one to send next, closed. */
  head(): OutgoingBatch | undefined {
    if (this.#batches.length === 0) this.close();
    return this.#batches[0];
  }

  /** The head has arrived. Returns by how many bytes the queue has shrunk: as many as it had grown by for it. */
  done(): number {
    const head = this.#batches.shift();
    head?.sent.resolve();
    return head?.counted ?? 0;
  }

  /** Everything of a session that has not arrived. */
  waiting(session: ProducerSession): readonly OutgoingBatch[] {
    const all = this.#open === undefined ? this.#batches : [...this.#batches, this.#open];
    return all.filter((batch) => batch.session === session);
  }

  fail(error: unknown): void {
    this.close();
    for (const batch of this.#batches) batch.sent.reject(error);
  }
}
