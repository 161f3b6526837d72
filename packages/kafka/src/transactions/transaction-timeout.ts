import { MillraceError } from "@millrace/core";

/** What the brokers allow when they don't say: Kafka's default. */
const usualMaxMs = 900_000;

export interface TimeoutFacts {
  /** Of the options; undefined: as long as the brokers allow. */
  readonly wantedMs: number | undefined;
  /** undefined: it can't be seen. */
  readonly brokerMaxMs: number | undefined;
  /** undefined: no checkpoints. */
  readonly checkpointIntervalMs: number | undefined;
  /** How long a restart may take. */
  readonly restartMs: number;
}

/**
 * The timeout of transactions. A transaction is open from a checkpoint to the next, and prepared until that is complete
 * and committed, also over a restart: a timeout that can't cover both would lose records, so it is refused with
 * KAFKA_TRANSACTION_TIMEOUT before anything is written.
 */
export function transactionTimeout({ wantedMs, brokerMaxMs, checkpointIntervalMs, restartMs }: TimeoutFacts): number {
  const timeoutMs = wantedMs ?? brokerMaxMs ?? usualMaxMs;
  if (brokerMaxMs !== undefined && timeoutMs > brokerMaxMs) {
    throw refused(
      `transactionTimeoutMs is ${timeoutMs}, but the brokers allow ${brokerMaxMs} at most`,
      "lower it, or raise the brokers' transaction.max.timeout.ms",
    );
  }
  if (checkpointIntervalMs === undefined || timeoutMs >= checkpointIntervalMs + restartMs) return timeoutMs;
  const limit = wantedMs === undefined ? "the brokers' transaction.max.timeout.ms" : "transactionTimeoutMs";
  throw refused(
    `${limit} of ${timeoutMs} ms does not cover a checkpoint interval of ${checkpointIntervalMs} ms and a restart of ${restartMs} ms: a transaction could time out before it is committed, and its records would be lost`,
    `raise ${limit}, checkpoint more often, lower restartMs if restarts are faster, or choose transactions: "writeAhead"`,
  );
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("KAFKA_TRANSACTION_TIMEOUT", message, { hint });
}
