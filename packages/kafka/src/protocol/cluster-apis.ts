import type { Api } from "./api.ts";

export interface ApiVersionsResponse {
  readonly errorCode: number;
  /** By API key. */
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
  /** Finalized features of the cluster and their levels, e.g. `transaction.version` 2. */
  readonly features: ReadonlyMap<string, number>;
}

/** Version 3 also tells the cluster's finalized features. A broker that does not know it answers with error 35 in the layout of version 0. */
export const apiVersions: Api<{ readonly software: string; readonly version: string }, ApiVersionsResponse> = {
  name: "ApiVersions",
  key: 18,
  version: 3,
  flexible: true,
  write: (writer, request) => writer.compactString(request.software).compactString(request.version).noTags(),
  read(reader) {
    const errorCode = reader.int16();
    const versions = new Map<number, { min: number; max: number }>();
    const features = new Map<string, number>();
    if (errorCode !== 0) return { errorCode, versions, features };
    reader.compactArray(() => {
      versions.set(reader.int16(), { min: reader.int16(), max: reader.int16() });
      reader.tags();
    });
    reader.int32();
    const finalizedFeatures = 2;
    reader.tags((tag) => {
      if (tag !== finalizedFeatures) return;
      reader.compactArray(() => {
        features.set(reader.compactString(), reader.int16());
        reader.int16();
        reader.tags();
      });
    });
    return { errorCode, versions, features };
  },
};

export interface MetadataResponse {
  readonly brokers: readonly BrokerNode[];
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}
export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}
export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string;
  /** 32 hexadecimal digits. */
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionMetadata[];
}
export interface PartitionMetadata {
  readonly errorCode: number;
  readonly partition: number;
  /** −1: none at present. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

const noUuid = "0".repeat(32);

/** `topics` null: all of them. */
export const metadata: Api<{ readonly topics: readonly string[] | null }, MetadataResponse> = {
  name: "Metadata",
  key: 3,
  version: 12,
  flexible: true,
  write(writer, { topics }) {
    if (topics === null) writer.varuint(0);
    else writer.compactArray(topics, (topic) => writer.uuid(noUuid).compactString(topic).noTags());
    const createTopics = false;
    const authorizedOperations = false;
    writer.boolean(createTopics).boolean(authorizedOperations).noTags();
  },
  read(reader) {
    reader.int32();
    const brokers = reader.compactArray((): BrokerNode => {
      const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() };
      reader.nullableCompactString();
      reader.tags();
      return broker;
    });
    reader.nullableCompactString();
    const controllerId = reader.int32();
    const topics = reader.compactArray((): TopicMetadata => {
      const errorCode = reader.int16();
      const name = reader.compactString();
      const topicId = reader.uuid();
      const internal = reader.boolean();
      const partitions = reader.compactArray((): PartitionMetadata => {
        const partition = { errorCode: reader.int16(), partition: reader.int32(), leaderId: reader.int32(), leaderEpoch: reader.int32() };
        for (let lists = 3; lists > 0; lists--) reader.compactArray(() => reader.int32());
        reader.tags();
        return partition;
      });
      reader.int32();
      reader.tags();
      return { errorCode, name, topicId, internal, partitions };
    });
    reader.tags();
    return { brokers, controllerId, topics };
  },
};

export interface Coordinator extends BrokerNode {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export const findCoordinator: Api<{ readonly key: string; readonly kind: "group" | "transaction" }, Coordinator> = {
  name: "FindCoordinator",
  key: 10,
  version: 2,
  flexible: false,
  write: (writer, { key, kind }) => writer.string(key).int8(kind === "group" ? 0 : 1),
  read(reader) {
    reader.int32();
    return {
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(),
      nodeId: reader.int32(),
      host: reader.string(),
      port: reader.int32(),
    };
  },
};
