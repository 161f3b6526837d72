import type { Api } from "./api.ts";

export interface ListOffsetsRequest {
  readonly readCommitted: boolean;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[] }[];
}
export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** −1: no record at or after the timestamp. */
  readonly offset: number;
}
export const latestTimestamp = -1;
export const earliestTimestamp = -2;

export const listOffsets: Api<ListOffsetsRequest, readonly ListedOffset[]> = {
  name: "ListOffsets",
  key: 2,
  version: 5,
  flexible: false,
  write(writer, { readCommitted, topics }) {
    writer.int32(-1).int8(readCommitted ? 1 : 0);
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic);
      writer.array(partitions, ({ partition, timestamp }) => writer.int32(partition).int32(-1).int64(timestamp));
    });
  },
  read(reader) {
    reader.int32();
    return reader
      .array(() => {
        const topic = reader.string();
        return reader.array((): ListedOffset => {
          const partition = reader.int32();
          const errorCode = reader.int16();
          reader.int64();
          const offset = reader.long();
          reader.int32();
          return { topic, partition, errorCode, offset };
        });
      })
      .flat();
  },
};

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly readCommitted: boolean;
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: readonly TopicIdPartition[];
}
export interface TopicIdPartition {
  readonly topicId: string;
  readonly partition: number;
}
export interface FetchPartition extends TopicIdPartition {
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
}
export interface FetchResponse {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}
export interface FetchedPartition extends TopicIdPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** A view into the answer; the last batch may be cut off. */
  readonly records: Buffer;
}
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

function byTopic<P extends TopicIdPartition>(partitions: readonly P[]): readonly (readonly [string, readonly P[]])[] {
  return Object.entries(Object.groupBy(partitions, (partition) => partition.topicId)) as [string, P[]][];
}

/** Version 13 names topics by id, so that a topic that was deleted and made again is never mistaken for the old one. */
export const fetch: Api<FetchRequest, FetchResponse> = {
  name: "Fetch",
  key: 1,
  version: 13,
  flexible: true,
  write(writer, request) {
    writer.int32(-1).int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes);
    writer
      .int8(request.readCommitted ? 1 : 0)
      .int32(request.sessionId)
      .int32(request.sessionEpoch);
    writer.compactArray(byTopic(request.partitions), ([topicId, partitions]) => {
      writer.uuid(topicId);
      writer.compactArray(partitions, (partition) => {
        const unknown = -1;
        writer.int32(partition.partition).int32(partition.leaderEpoch).int64(partition.offset).int32(unknown).int64(unknown);
        writer.int32(partition.maxBytes).noTags();
      });
      writer.noTags();
    });
    writer.compactArray(byTopic(request.forgotten), ([topicId, partitions]) => {
      writer.uuid(topicId);
      writer.compactArray(partitions, ({ partition }) => writer.int32(partition));
      writer.noTags();
    });
    writer.compactString("").noTags();
  },
  read(reader) {
    reader.int32();
    const errorCode = reader.int16();
    const sessionId = reader.int32();
    const topics = reader.compactArray(() => {
      const topicId = reader.uuid();
      const partitions = reader.compactArray((): FetchedPartition => {
        const head = {
          topicId,
          partition: reader.int32(),
          errorCode: reader.int16(),
          highWatermark: reader.long(),
          lastStableOffset: reader.long(),
          logStartOffset: reader.long(),
        };
        const aborted = reader.compactArray((): AbortedTransaction => {
          const transaction = { producerId: reader.int64(), firstOffset: reader.long() };
          reader.tags();
          return transaction;
        });
        reader.int32();
        const records = reader.compactBytes();
        reader.tags();
        return { ...head, aborted, records };
      });
      reader.tags();
      return partitions;
    });
    return { errorCode, sessionId, partitions: topics.flat() };
  },
};

export interface ProduceRequest {
  readonly transactionalId: string | null;
  /** −1: all in-sync replicas; 1: the leader. */
  readonly acks: number;
  readonly timeoutMs: number;
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly records: Buffer }[];
}
export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: number;
}

export const produce: Api<ProduceRequest, readonly ProducedPartition[]> = {
  name: "Produce",
  key: 0,
  version: 7,
  flexible: false,
  write(writer, { transactionalId, acks, timeoutMs, partitions }) {
    writer.string(transactionalId).int16(acks).int32(timeoutMs);
    writer.array(Object.entries(Object.groupBy(partitions, ({ topic }) => topic)), ([topic, items = []]) => {
      writer.string(topic);
      writer.array(items, ({ partition, records }) => writer.int32(partition).int32(records.length).bytes(records));
    });
  },
  read(reader) {
    const topics = reader.array(() => {
      const topic = reader.string();
      return reader.array((): ProducedPartition => {
        const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.long() };
        reader.int64();
        reader.int64();
        return result;
      });
    });
    return topics.flat();
  },
};

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Commits offsets of a group without members: for observers, and for "start at committed". */
export const offsetCommit: Api<
  { readonly groupId: string; readonly offsets: readonly GroupOffset[] },
  readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]
> = {
  name: "OffsetCommit",
  key: 8,
  version: 5,
  flexible: false,
  write(writer, { groupId, offsets }) {
    const noGeneration = -1;
    writer.string(groupId).int32(noGeneration).string("");
    writer.array(Object.entries(Object.groupBy(offsets, ({ topic }) => topic)), ([topic, items = []]) => {
      writer.string(topic);
      writer.array(items, ({ partition, offset }) => writer.int32(partition).int64(offset).string(null));
    });
  },
  read(reader) {
    reader.int32();
    const topics = reader.array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32(), errorCode: reader.int16() }));
    });
    return topics.flat();
  },
};

export interface FetchedGroupOffset extends GroupOffset {
  readonly errorCode: number;
}

/** `offset` −1: nothing committed. */
export const offsetFetch: Api<
  { readonly groupId: string; readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] },
  { readonly errorCode: number; readonly offsets: readonly FetchedGroupOffset[] }
> = {
  name: "OffsetFetch",
  key: 9,
  version: 5,
  flexible: false,
  write(writer, { groupId, topics }) {
    writer.string(groupId);
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic);
      writer.array(partitions, (partition) => writer.int32(partition));
    });
  },
  read(reader) {
    reader.int32();
    const topics = reader.array(() => {
      const topic = reader.string();
      return reader.array((): FetchedGroupOffset => {
        const partition = reader.int32();
        const offset = reader.long();
        reader.int32();
        reader.nullableString();
        return { topic, partition, offset, errorCode: reader.int16() };
      });
    });
    return { offsets: topics.flat(), errorCode: reader.int16() };
  },
};
