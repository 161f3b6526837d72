import type { Api } from "./api.ts";

/** Names one transaction of one producer, as long as no other begins under the same epoch. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
}

/** `transactionalId` null: an idempotent producer without transactions. Otherwise it fences everyone who used the id before, and ends their transaction. */
export const initProducerId: Api<
  { readonly transactionalId: string | null; readonly timeoutMs: number },
  ProducerIdentity & { readonly errorCode: number }
> = {
  name: "InitProducerId",
  key: 22,
  version: 1,
  flexible: false,
  write: (writer, { transactionalId, timeoutMs }) => writer.string(transactionalId).int32(timeoutMs),
  read(reader) {
    reader.int32();
    return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() };
  },
};

export interface TransactionRequest extends ProducerIdentity {
  readonly transactionalId: string;
}

export const addPartitionsToTxn: Api<
  TransactionRequest & { readonly partitions: readonly { readonly topic: string; readonly partition: number }[] },
  readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]
> = {
  name: "AddPartitionsToTxn",
  key: 24,
  version: 1,
  flexible: false,
  write(writer, { transactionalId, producerId, epoch, partitions }) {
    writer.string(transactionalId).int64(producerId).int16(epoch);
    writer.array(Object.entries(Object.groupBy(partitions, ({ topic }) => topic)), ([topic, items = []]) => {
      writer.string(topic);
      writer.array(items, ({ partition }) => writer.int32(partition));
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

export type EndTxnRequest = TransactionRequest & { readonly commit: boolean };

/** Transactions of version 1: the epoch stays the same after the commit. */
export const endTxnV1: Api<EndTxnRequest, { readonly errorCode: number }> = {
  name: "EndTxn",
  key: 26,
  version: 1,
  flexible: false,
  write: (writer, { transactionalId, producerId, epoch, commit }) => writer.string(transactionalId).int64(producerId).int16(epoch).boolean(commit),
  read(reader) {
    reader.int32();
    return { errorCode: reader.int16() };
  },
};
