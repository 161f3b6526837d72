import { errorCodes } from "../protocol/error-codes.ts";

/** What a broker's final answer to EndTxn(commit) means; passing answers (7, 14, 15, 16, 51) were asked again before. */
export type CommitDecision =
  | { readonly kind: "committed" }
  /** It cannot be told from the answer; the marker that the transaction wrote, if it is visible, can. */
  | { readonly kind: "lookAtMarker" }
  | { readonly kind: "lost" }
  | { readonly kind: "refused" };

/**
 * Of a transaction that was prepared, from EndTxn's version and error code, and from whether its marker is visible once
 * that was looked at. A visible marker is proof: it was written in the transaction, and later ones of the writer are
 * committed only after it. An invisible one is proof of the opposite once the transaction has ended.
 *
 * | version | code | what happened |
 * |---|---|---|
 * | 1, 5 | 0 | committed, now or before |
 * | 5 | 48 | aborted: the timeout, or somebody's abort (or: committed by version 1, which the marker shows) |
 * | 5 | 90 | the id has begun a later transaction: committed before it, or aborted by it |
 * | 1 | 47 | the epoch has moved on: committed before that, aborted by the timeout, or by InitProducerId |
 * | 1 | 48 | aborted, or nothing was written |
 * | 1, 5 | 49, 105 | the broker has forgotten the id (transactional.id.expiration.ms) |
 *
 * Source: Kafka's TransactionCoordinator.endTransaction, and each row seen on a 4.4 broker.
 */
export function decideCommit(code: number, marker: "visible" | "invisible" | "unknown"): CommitDecision {
  switch (code) {
    case errorCodes.none:
      return { kind: "committed" };
    case errorCodes.invalidProducerEpoch:
    case errorCodes.invalidTxnState:
    case errorCodes.invalidProducerIdMapping:
    case errorCodes.producerFenced:
    case errorCodes.transactionalIdNotFound:
      return marker === "visible" ? { kind: "committed" } : marker === "invisible" ? { kind: "lost" } : { kind: "lookAtMarker" };
    default:
      return { kind: "refused" };
  }
}
