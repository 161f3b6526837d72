import { MillraceError } from "@millrace/core";
import { errorCodes, errorText } from "../protocol/error-codes.ts";
import { partitionId } from "../source/split.ts";
import type { PartitionRef } from "./partition-queue.ts";

function fenced(transactionalId: string, code: number): MillraceError {
  return new MillraceError(
    "KAFKA_FENCED",
    `another writer has taken over the transactional id ${transactionalId}, or its transaction timed out: ${errorText(code)}`,
    {
      hint: "see that only one instance of this job runs (another prefix for another job), and that checkpoints complete within the transaction timeout",
    },
  );
}

/** The broker does not take so many bytes at a time. */
export function isTooLarge(code: number): boolean {
  return code === errorCodes.messageTooLarge || code === recordListTooLarge;
}

export function produceRefused(
  ref: PartitionRef,
  transactionalId: string | null,
  code: number,
  batch: { readonly count: number; readonly bytes: number },
): MillraceError {
  const id = partitionId(ref.topic, ref.partition);
  const { invalidProducerEpoch, producerFenced, invalidTxnState } = errorCodes;
  if (transactionalId !== null && (code === invalidProducerEpoch || code === producerFenced || code === invalidTxnState))
    return fenced(transactionalId, code);
  if (isTooLarge(code)) {
    return new MillraceError(
      "KAFKA_TOO_LARGE",
      `${id} does not take a batch of ${batch.count} records and ${batch.bytes} bytes: ${errorText(code)}`,
      {
        hint: "lower batchBytes, compress, or raise the topic's max.message.bytes",
      },
    );
  }
  return new MillraceError("KAFKA_PRODUCE", `${id} does not take records: ${errorText(code)}`);
}

const recordListTooLarge = 18;

export function addRefused(transactionalId: string, code: number): MillraceError {
  const { invalidProducerEpoch, producerFenced, invalidTxnState, invalidProducerIdMapping } = errorCodes;
  if ([invalidProducerEpoch, producerFenced, invalidTxnState, invalidProducerIdMapping].some((known) => known === code))
    return fenced(transactionalId, code);
  return new MillraceError("KAFKA_PRODUCE", `the coordinator of ${transactionalId} does not take partitions: ${errorText(code)}`);
}

export function unsentFor(ref: PartitionRef, forMs: number, why: string): MillraceError {
  return new MillraceError(
    "KAFKA_UNREACHABLE",
    `${partitionId(ref.topic, ref.partition)} took nothing for ${Math.round(forMs / 1000)} s, last: ${why}`,
    {
      hint: "check that its brokers run and have enough in-sync replicas; unavailableMs says how long is tried",
    },
  );
}
