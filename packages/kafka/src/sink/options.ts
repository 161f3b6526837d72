import type { Guarantee } from "@millrace/contracts";
import { checkChoice, MillraceError } from "@millrace/core";
import type { Bytes, Headers } from "../batch/batch-builder.ts";
import { type CompressionName, compressionNames } from "../batch/compression.ts";
import type { ValueSerializer } from "../formats/format.ts";

export interface KafkaSinkOptions<T> {
  /** How a value is written: `json()`, `text()`, `bytes()`, or with a schema registry (`@millrace/kafka/registry`). */
  readonly value: ValueSerializer<T>;
  /**
   * Records with one key go to one partition and keep their order. Without it records have no key. A format writes it, too:
   * `(payment, topic) => cards.serialize(payment.card, topic)`.
   */
  readonly key?: (value: T, topic: string) => Bytes;
  readonly headers?: (value: T) => Headers;
  /** Whole milliseconds since 1970; NO_TIMESTAMP, which a record without event time comes with, becomes the clock. Default: the event time. */
  readonly timestamp?: (value: T, eventTime: number) => number;
  /** Default: as Kafka's clients do, by the key's murmur2 hash; records without a key by batches. */
  readonly partition?: (value: T, partitions: number) => number;
  /** Such values are written as tombstones: a key without a value. */
  readonly tombstone?: (value: T) => boolean;
  /** Default "exactly-once". */
  readonly guarantee?: Guarantee;
  /**
   * Of exactly-once. "open" (default): records go into an open transaction at once, which is committed with the checkpoint;
   * a job that is down for longer than the transaction timeout loses it, and says so. "writeAhead": records stay in the
   * checkpoint and are written in a short transaction once it is complete; nothing times out, checkpoints are larger, and
   * all that is written between two of them is in memory.
   */
  readonly transactions?: "open" | "writeAhead";
  /** Begins transactional ids. Default: `millrace-<job>/<uid>`. Two jobs at a time must not share one. */
  readonly transactionalIdPrefix?: string;
  /** Default: as long as the brokers allow (their transaction.max.timeout.ms). */
  readonly transactionTimeoutMs?: number;
  /** How long a restart of the job may take; the transaction timeout has to cover it. Default 60 s. */
  readonly restartMs?: number;
  /** Holds the last marker of each writer. Default `millrace-markers`. */
  readonly markerTopic?: string;
  readonly compression?: CompressionName;
  /** Of one batch before compression. Default 512 KiB. */
  readonly batchBytes?: number;
  /** Not yet acknowledged, in one subtask; not of records that are written ahead, which wait for their checkpoint. Default 32 MiB. */
  readonly bufferBytes?: number;
}

/** Throws SINK_OPTIONS, and PLAN_OPTION for a word that there is not. */
export function checkSinkOptions<T>(topic: string | ((value: T) => string), options: KafkaSinkOptions<T>): void {
  const { transactions = "open", compression = "none", guarantee = "exactly-once" } = options;
  checkChoice("the guarantee of kafkaSink", guarantee, ["exactly-once", "at-least-once", "none"]);
  checkChoice("transactions of kafkaSink", transactions, ["open", "writeAhead"]);
  checkChoice("the compression of kafkaSink", compression, compressionNames);
  if (topic === "") throw refused("a topic is needed", 'e.g. kafkaSink(cluster, "alerts", { value: json<Alert>() })');
  if (options.tombstone !== undefined && options.key === undefined) throw refused("a tombstone needs a key", "add key, or leave tombstone out");
  for (const name of ["transactionTimeoutMs", "restartMs", "batchBytes", "bufferBytes"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw refused(`${name} must be a whole number above 0, not ${value}`, "leave it out for the default");
  }
  if (options.transactions === "writeAhead" && options.bufferBytes !== undefined) {
    // To hold records back would hold back the barrier that makes room for them.
    throw refused("bufferBytes bounds nothing that is written ahead", "leave it out; shorter checkpoint intervals keep less in memory");
  }
  if (options.guarantee !== undefined && options.guarantee !== "exactly-once") {
    const name = (["transactions", "transactionTimeoutMs"] as const).find((option) => options[option] !== undefined);
    if (name !== undefined) throw refused(`${name} belongs to exactly-once`, "leave it out, or leave guarantee out");
  }
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("SINK_OPTIONS", `kafkaSink: ${message}`, { hint });
}
