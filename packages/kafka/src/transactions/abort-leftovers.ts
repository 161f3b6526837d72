import type { KafkaClient } from "../client/kafka-client.ts";
import { takeTransactionalId, transactionsIn } from "./transaction-calls.ts";

/** Aborts the open transactions whose ids are `prefix-subtask-slot` for one of these subtasks, by taking the ids. */
export async function abortLeftovers(client: KafkaClient, prefix: string, timeoutMs: number, isOurs: (subtask: number) => boolean): Promise<void> {
  const open = await transactionsIn(client, ["Ongoing"]);
  const own = open.filter(({ transactionalId }) => {
    const subtask = subtaskOf(transactionalId, prefix);
    return subtask !== undefined && isOurs(subtask);
  });
  await Promise.all(own.map(({ transactionalId }) => takeTransactionalId(client, transactionalId, timeoutMs)));
}

function subtaskOf(transactionalId: string, prefix: string): number | undefined {
  if (!transactionalId.startsWith(`${prefix}-`)) return undefined;
  const match = /^(\d+)-\w+$/.exec(transactionalId.slice(prefix.length + 1));
  return match === null ? undefined : Number(match[1]);
}
