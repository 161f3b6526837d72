import { MillraceError, type Ports } from "@millrace/core";
import type { KafkaCluster } from "../client/kafka.ts";
import { KafkaClient } from "../client/kafka-client.ts";
import { errorCodes, errorText } from "../protocol/error-codes.ts";
import { type DescribedTransaction, describeTransactions } from "../protocol/transaction-apis.ts";
import { endTransaction, endTxnVersion, transactionsIn } from "./transaction-calls.ts";

export interface KafkaTransaction {
  readonly transactionalId: string;
  /** `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, … */
  readonly state: string;
  readonly producerId: string;
  readonly epoch: number;
  readonly timeoutMs: number;
  /** undefined: none is open. */
  readonly startedAtMs: number | undefined;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

/** Transactions whose id begins with `prefix`; `states` empty: in any state. Sorted by id. */
export async function kafkaTransactions(
  cluster: KafkaCluster,
  ports: Ports,
  { prefix = "", states = [] }: { readonly prefix?: string; readonly states?: readonly string[] } = {},
): Promise<readonly KafkaTransaction[]> {
  return withClient(cluster, ports, async (client) => {
    const listed = (await transactionsIn(client, states)).filter(({ transactionalId }) => transactionalId.startsWith(prefix));
    const ids = listed.map(({ transactionalId }) => transactionalId).sort();
    return Promise.all(ids.map((id) => describe(client, id)));
  });
}

/** One transaction; throws KAFKA_TRANSACTION when the brokers don't know the id. */
export function kafkaTransaction(cluster: KafkaCluster, ports: Ports, transactionalId: string): Promise<KafkaTransaction> {
  return withClient(cluster, ports, (client) => describe(client, transactionalId));
}

/**
 * Commits or aborts the open transaction of an id by hand. For what a job that is gone for good has left behind: a job
 * that still runs, or will be resumed, settles its transactions itself.
 */
export function endKafkaTransaction(
  cluster: KafkaCluster,
  ports: Ports,
  transactionalId: string,
  end: "commit" | "abort",
): Promise<KafkaTransaction> {
  return withClient(cluster, ports, async (client) => {
    const { state, producerId, epoch } = await describe(client, transactionalId);
    if (state !== "Ongoing") throw refused(`${transactionalId} has no open transaction; its state is ${state}`, "list shows those that are open");
    const request = { transactionalId, producerId: BigInt(producerId), epoch, commit: end === "commit" };
    const code = await endTransaction(client, await endTxnVersion(client), request);
    if (code !== 0) throw refused(`the ${end} of ${transactionalId} is refused: ${errorText(code)}`, "describe shows what became of it");
    return describe(client, transactionalId);
  });
}

/** Brokers go on telling when the last one began, once it is over. */
const open = /^(Ongoing|Prepare\w+)$/;

async function withClient<R>(cluster: KafkaCluster, ports: Ports, use: (client: KafkaClient) => Promise<R>): Promise<R> {
  const client = new KafkaClient(cluster, ports);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function describe(client: KafkaClient, transactionalId: string): Promise<KafkaTransaction> {
  const codeOf = (answer: readonly DescribedTransaction[]): number => answer[0]?.errorCode ?? -1;
  const [found] = await client.toCoordinator("transaction", transactionalId, describeTransactions, { transactionalIds: [transactionalId] }, codeOf);
  if (found === undefined || found.errorCode === errorCodes.transactionalIdNotFound) {
    throw refused(`the brokers know no transactional id ${transactionalId}`, "it was never used, or has expired");
  }
  if (found.errorCode !== 0) throw refused(`${transactionalId} can't be described: ${errorText(found.errorCode)}`, "an ACL may be missing");
  const { state, producerId, epoch, timeoutMs, startedAtMs, partitions } = found;
  return {
    transactionalId,
    state,
    producerId: String(producerId),
    epoch,
    timeoutMs,
    startedAtMs: open.test(state) ? startedAtMs : undefined,
    partitions,
  };
}

function refused(message: string, hint: string): MillraceError {
  return new MillraceError("KAFKA_TRANSACTION", message, { hint });
}
