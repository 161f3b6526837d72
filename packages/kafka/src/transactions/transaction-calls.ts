import { MillraceError } from "@millrace/core";
import { denied, type KafkaClient } from "../client/kafka-client.ts";
import { Passing } from "../client/retry.ts";
import { describeBrokerConfigs } from "../protocol/admin-apis.ts";
import { errorCodes, errorText, isDenied, isPassing } from "../protocol/error-codes.ts";
import {
  type EndTxnRequest,
  endTxnV1,
  endTxnV5,
  initProducerId,
  type ListedTransaction,
  listTransactions,
  type ProducerIdentity,
} from "../protocol/transaction-apis.ts";

const codeOf = (answer: { readonly errorCode: number }): number => answer.errorCode;

/**
 * Takes a transactional id: whoever had it is fenced, and a transaction that it left open is aborted. What comes back is
 * new each time, also another producer id once the epochs of one have run out.
 */
export async function takeTransactionalId(client: KafkaClient, transactionalId: string, timeoutMs: number): Promise<ProducerIdentity> {
  const answer = await client.toCoordinator("transaction", transactionalId, initProducerId, { transactionalId, timeoutMs }, codeOf);
  if (answer.errorCode === errorCodes.invalidTransactionTimeout) throw timeoutTooLong(timeoutMs);
  if (answer.errorCode !== 0)
    throw new MillraceError("KAFKA_TRANSACTION", `the transactional id ${transactionalId} can't be taken: ${errorText(answer.errorCode)}`);
  return { producerId: answer.producerId, epoch: answer.epoch };
}

function timeoutTooLong(timeoutMs: number): MillraceError {
  return new MillraceError("KAFKA_TRANSACTION_TIMEOUT", `the brokers do not allow transactions of ${timeoutMs} ms`, {
    hint: "lower transactionTimeoutMs, or raise the brokers' transaction.max.timeout.ms",
  });
}

/** An idempotent producer without transactions. */
export async function takeProducerId(client: KafkaClient): Promise<ProducerIdentity> {
  return client.pauses.retrying("give a producer id", client.cluster.unavailableMs, async () => {
    await client.metadataOnce([]);
    const [any] = client.nodes;
    if (any === undefined) throw new MillraceError("KAFKA_PROTOCOL", "the cluster names no broker");
    const answer = await client.call(any, initProducerId, { transactionalId: null, timeoutMs: 60_000 });
    if (isDenied(answer.errorCode)) throw denied("idempotent writes", answer.errorCode);
    if (isPassing(answer.errorCode)) throw new Passing(errorText(answer.errorCode));
    if (answer.errorCode !== 0) throw new MillraceError("KAFKA_PRODUCE", `no producer id was given: ${errorText(answer.errorCode)}`);
    return { producerId: answer.producerId, epoch: answer.epoch };
  });
}

/** 5 where the cluster has transactions of version 2: then a commit ends the epoch, and a zombie can't begin again under it. */
export async function endTxnVersion(client: KafkaClient): Promise<1 | 5> {
  return client.pauses.retrying("tell its features", client.cluster.unavailableMs, async () => {
    await client.metadataOnce([]);
    const [any] = client.nodes;
    if (any === undefined) return 1;
    const { features, versions } = await client.versionsOf(any);
    return (features.get("transaction.version") ?? 0) >= 2 && (versions.get(endTxnV5.key)?.max ?? 0) >= endTxnV5.version ? 5 : 1;
  });
}

/** The final answer to EndTxn: passing ones are asked again. */
export async function endTransaction(client: KafkaClient, version: 1 | 5, request: EndTxnRequest): Promise<number> {
  const { transactionalId } = request;
  if (version === 1) return (await client.toCoordinator("transaction", transactionalId, endTxnV1, request, codeOf)).errorCode;
  return (await client.toCoordinator("transaction", transactionalId, endTxnV5, request, codeOf)).errorCode;
}

/**
 * Transactions in a state, of all coordinators: one that is still loading its part of the log lists none, and is asked
 * again. Those of ids that this user may not describe are not listed.
 */
export async function transactionsIn(client: KafkaClient, states: readonly string[]): Promise<readonly ListedTransaction[]> {
  return client.pauses.retrying("list its transactions", client.cluster.unavailableMs, async () => {
    await client.metadataOnce([]);
    const answers = await Promise.all(client.nodes.map((node) => client.call(node, listTransactions, { states })));
    return answers.flatMap(({ errorCode, transactions }) => {
      if (isPassing(errorCode)) throw new Passing(errorText(errorCode));
      if (errorCode !== 0) throw new MillraceError("KAFKA_TRANSACTION", `the transactions can't be listed: ${errorText(errorCode)}`);
      return transactions;
    });
  });
}

/** The brokers' transaction.max.timeout.ms; undefined when this user may not see it. */
export async function maxTransactionTimeout(client: KafkaClient): Promise<number | undefined> {
  return client.pauses.retrying("tell its transaction.max.timeout.ms", client.cluster.unavailableMs, async () => {
    await client.metadataOnce([]);
    const [any] = client.nodes;
    if (any === undefined) return undefined;
    const name = "transaction.max.timeout.ms";
    const answer = await client.call(any, describeBrokerConfigs, { nodeId: any.nodeId, names: [name] });
    const value = answer.values.get(name);
    return answer.errorCode === 0 && value !== undefined && value !== null ? Number(value) : undefined;
  });
}
