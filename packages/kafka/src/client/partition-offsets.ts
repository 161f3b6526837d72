import { MillraceError } from "@millrace/core";
import { errorText, isDenied, isPassing } from "../protocol/error-codes.ts";
import { listOffsets, offsetFetch } from "../protocol/record-apis.ts";
import { partitionId } from "../source/split.ts";
import type { KafkaClient } from "./kafka-client.ts";
import { denied } from "./kafka-client.ts";
import { Passing } from "./retry.ts";

export interface WantedOffset {
  readonly topic: string;
  readonly partition: number;
  /** In milliseconds; or `earliestTimestamp`, `latestTimestamp`. */
  readonly timestamp: number;
}

/** Offsets by `topic-partition`, asked of the partitions' leaders. −1: no record at or after the timestamp. With read_committed the latest is the last stable offset. */
export async function offsetsAt(client: KafkaClient, wanted: readonly WantedOffset[], readCommitted: boolean): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  if (wanted.length === 0) return found;
  const names = [...new Set(wanted.map(({ topic }) => topic))];
  await client.pauses.retrying(`tell offsets of ${names.join(", ")}`, client.cluster.unavailableMs, async () => {
    const left = wanted.filter(({ topic, partition }) => !found.has(partitionId(topic, partition)));
    const leaderOf = await leaders(client, names);
    const byLeader = Map.groupBy(left, ({ topic, partition }) => leaderOf.get(partitionId(topic, partition)) ?? -1);
    for (const [leaderId, partitions] of byLeader) {
      const node = client.node(leaderId);
      if (node === undefined) throw new Passing(`broker ${leaderId} is not known`);
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, items]) => ({ topic, partitions: items }));
      for (const answer of await client.call(node, listOffsets, { readCommitted, topics })) {
        const id = partitionId(answer.topic, answer.partition);
        if (answer.errorCode === 0) found.set(id, answer.offset);
        else if (isDenied(answer.errorCode)) throw denied(`topic ${answer.topic}`, answer.errorCode);
        else if (!isPassing(answer.errorCode)) throw offsetsRefused(id, answer.errorCode);
      }
    }
    if (found.size < wanted.length) throw new Passing("some partitions have no leader that answers");
  });
  return found;
}

async function leaders(client: KafkaClient, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const topics = await client.topics(names);
  return new Map(
    topics.flatMap(({ name, partitions }) => partitions.map(({ partition, leaderId }) => [partitionId(name, partition), leaderId] as const)),
  );
}

function offsetsRefused(id: string, code: number): MillraceError {
  return new MillraceError("KAFKA_OFFSETS", `the broker does not tell offsets of ${id}: ${errorText(code)}`);
}

/**
 * What a group has committed, by `topic-partition`; partitions of which the coordinator says that there is nothing are left
 * out. Rejects with KAFKA_OFFSETS for any other answer, KAFKA_DENIED, KAFKA_UNREACHABLE.
 */
export async function committedOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<ReadonlyMap<string, number>> {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, items]) => ({
    topic,
    partitions: items.map(({ partition }) => partition),
  }));
  const answer = await client.toCoordinator("group", groupId, offsetFetch, { groupId, topics }, ({ errorCode, offsets }) => {
    for (const { topic, partition, errorCode: code } of offsets) {
      if (code === 0) continue;
      if (isDenied(code)) throw denied(`topic ${topic}`, code);
      if (isPassing(code)) throw new Passing(`${partitionId(topic, partition)}: ${errorText(code)}`);
      throw committedRefused(groupId, partitionId(topic, partition), code);
    }
    return errorCode;
  });
  if (answer.errorCode !== 0) throw committedRefused(groupId, "any partition", answer.errorCode);
  return new Map(answer.offsets.filter(({ offset }) => offset >= 0).map(({ topic, partition, offset }) => [partitionId(topic, partition), offset]));
}

function committedRefused(groupId: string, what: string, code: number): MillraceError {
  return new MillraceError("KAFKA_OFFSETS", `the broker does not tell what the group ${groupId} has committed of ${what}: ${errorText(code)}`, {
    hint: "start again, or begin elsewhere than at committed offsets",
  });
}
