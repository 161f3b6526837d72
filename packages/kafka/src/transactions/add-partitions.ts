import { denied, type KafkaClient } from "../client/kafka-client.ts";
import { Passing } from "../client/retry.ts";
import { errorCodes, errorText } from "../protocol/error-codes.ts";
import { addPartitionsToTxn, type ProducerIdentity } from "../protocol/transaction-apis.ts";
import { addRefused } from "../sink/errors.ts";
import { partitionId } from "../source/split.ts";

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Tells the coordinator which partitions a transaction writes to, before it does. Rejects with KAFKA_DENIED, which names
 * the topic or the id, KAFKA_FENCED, KAFKA_PRODUCE, KAFKA_UNREACHABLE.
 */
export async function addPartitions(
  client: KafkaClient,
  transactionalId: string,
  identity: ProducerIdentity,
  partitions: readonly Partition[],
): Promise<void> {
  const request = { transactionalId, ...identity, partitions };
  const answer = await client.toCoordinator("transaction", transactionalId, addPartitionsToTxn, request, (results) => {
    const refused = decisive(results);
    if (refused === undefined) return errorCodes.none;
    const { topic, partition, errorCode } = refused;
    if (errorCode === errorCodes.topicAuthorizationFailed) throw denied(`topic ${topic}`, errorCode);
    // A partition whose metadata has not reached the coordinator.
    if (errorCode === errorCodes.unknownTopicOrPartition) throw new Passing(`${partitionId(topic, partition)}: ${errorText(errorCode)}`);
    return errorCode;
  });
  const code = decisive(answer)?.errorCode ?? errorCodes.none;
  if (code !== errorCodes.none) throw addRefused(transactionalId, code);
}

/** One partition that is refused makes the coordinator attempt none: the others are said to be not attempted, which is no reason. */
export function decisive<R extends { readonly errorCode: number }>(results: readonly R[]): R | undefined {
  const refused = results.filter(({ errorCode }) => errorCode !== errorCodes.none);
  return refused.find(({ errorCode }) => errorCode !== errorCodes.operationNotAttempted) ?? refused[0];
}
