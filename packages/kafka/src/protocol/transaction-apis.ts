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
/** Transactions of version 2 (KIP-890): the broker raises the epoch with the commit and says which identity comes next. */
export const endTxnV5: Api<EndTxnRequest, ProducerIdentity & { readonly errorCode: number }> = {
  name: "EndTxn",
  key: 26,
  version: 5,
  flexible: true,
  write: (writer, { transactionalId, producerId, epoch, commit }) =>
    writer.compactString(transactionalId).int64(producerId).int16(epoch).boolean(commit).noTags(),
  read(reader) {
    reader.int32();
    return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() };
  },
};

export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: bigint;
  /** `Ongoing`, `PrepareCommit`, `CompleteAbort`, … */
  readonly state: string;
}

/** What one broker coordinates; `states` empty: all. */
export const listTransactions: Api<
  { readonly states: readonly string[] },
  { readonly errorCode: number; readonly transactions: readonly ListedTransaction[] }
> = {
  name: "ListTransactions",
  key: 66,
  version: 0,
  flexible: true,
  write(writer, { states }) {
    writer.compactArray(states, (state) => writer.compactString(state));
    writer.compactArray([], () => undefined).noTags();
  },
  read(reader) {
    reader.int32();
    const errorCode = reader.int16();
    reader.compactArray(() => reader.compactString());
    const transactions = reader.compactArray((): ListedTransaction => {
      const transaction = { transactionalId: reader.compactString(), producerId: reader.int64(), state: reader.compactString() };
      reader.tags();
      return transaction;
    });
    return { errorCode, transactions };
  },
};

export interface DescribedTransaction extends ProducerIdentity {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly state: string;
  readonly timeoutMs: number;
  /** −1: none is open. */
  readonly startedAtMs: number;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
}

export const describeTransactions: Api<{ readonly transactionalIds: readonly string[] }, readonly DescribedTransaction[]> = {
  name: "DescribeTransactions",
  key: 65,
  version: 0,
  flexible: true,
  write: (writer, { transactionalIds }) => writer.compactArray(transactionalIds, (id) => writer.compactString(id)).noTags(),
  read(reader) {
    reader.int32();
    return reader.compactArray((): DescribedTransaction => {
      const head = {
        errorCode: reader.int16(),
        transactionalId: reader.compactString(),
        state: reader.compactString(),
        timeoutMs: reader.int32(),
        startedAtMs: reader.long(),
        producerId: reader.int64(),
        epoch: reader.int16(),
      };
      const partitions = reader.compactArray(() => {
        const topic = reader.compactString();
        const numbers = reader.compactArray(() => reader.int32());
        reader.tags();
        return numbers.map((partition) => ({ topic, partition }));
      });
      reader.tags();
      return { ...head, partitions: partitions.flat() };
    });
  },
};
