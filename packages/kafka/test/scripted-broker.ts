import { ByteReader } from "../src/protocol/byte-reader.ts";
import { ByteWriter } from "../src/protocol/byte-writer.ts";
import { earliestTimestamp, latestTimestamp } from "../src/protocol/record-apis.ts";
import { type CreateTransport, TransportError, type WireRequest } from "../src/transport/transport.ts";

/** What a test has to say to a request; undefined: the usual. Throws a TransportError for a network that fails. */
export type Script = (request: WireRequest) => Buffer | undefined | Promise<Buffer | undefined>;

export interface ScriptedBroker {
  /** Requests so far, in their order. */
  readonly requests: readonly WireRequest[];
  readonly create: CreateTransport;
}

interface Partitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Of every topic: each has partition 0 alone. */
export const topicId = "000102030405060708090a0b0c0d0e0f";
/** The only broker. */
export const address = { host: "scripted", port: 9092 };

/**
 * A cluster of one broker without a network or a log, for answers that a real one gives rarely. It has every topic, takes
 * all that is written, speaks transactions of version 1, and holds nothing to read: fetches are up to the script.
 */
export function scriptedBroker(script: Script): ScriptedBroker {
  const requests: WireRequest[] = [];
  const create: CreateTransport = () => ({
    async send(_, request) {
      requests.push(request);
      await new Promise((resolve) => setImmediate(resolve));
      return (await script(request)) ?? usual(request);
    },
    close: () => Promise.resolve(),
  });
  return { requests, create };
}

/** How often a request of that name has come. */
export function countOf({ requests }: ScriptedBroker, name: string): number {
  return requests.filter(({ apiName }) => apiName === name).length;
}

function usual(request: WireRequest): Buffer {
  const answer = usualAnswers[request.apiName];
  if (answer === undefined) throw new TransportError("disconnected", address, `${request.apiName} is not in the script`);
  return answer(request);
}

const usualAnswers: { readonly [apiName: string]: (request: WireRequest) => Buffer } = {
  ApiVersions: () => {
    const writer = new ByteWriter().int16(0);
    return writer
      .compactArray([...Array(80).keys()], (key) => writer.int16(key).int16(0).int16(20).noTags())
      .int32(0)
      .noTags()
      .done();
  },
  Metadata: ({ body }) => metadataAnswer(topicsAsked(body)),
  FindCoordinator: () => new ByteWriter().int32(0).int16(0).string(null).int32(1).string(address.host).int32(address.port).done(),
  InitProducerId: () => new ByteWriter().int32(0).int16(0).int64(7).int16(3).done(),
  DescribeConfigs: () => {
    const writer = new ByteWriter().int32(0);
    const value = () => writer.string("transaction.max.timeout.ms").string("900000").boolean(false).int8(0).boolean(false).int32(0);
    return writer.array([1], () => writer.int16(0).string(null).int8(4).string("1").array([1], value)).done();
  },
  AddPartitionsToTxn: (request) => addPartitionsAnswer(request, () => 0),
  EndTxn: () => new ByteWriter().int32(0).int16(0).done(),
  ListTransactions: () => listTransactionsAnswer([]),
  ListOffsets: (request) => listOffsetsAnswer(request, 0, 0),
  Produce: (request) => producedAnswer(request, () => 0),
};

/** With a code for each partition. */
export function producedAnswer(request: WireRequest, codeOf: (partition: number) => number): Buffer {
  const topics = produced(request, () => undefined);
  const writer = new ByteWriter();
  return writeTopics(writer, topics, (_, partition) => writer.int32(partition).int16(codeOf(partition)).int64(0).int64(-1).int64(0))
    .int32(0)
    .done();
}

/** Of a Produce request: what comes for each partition goes to `listener`. */
function produced({ body }: WireRequest, listener: (records: Buffer) => void): readonly Partitions[] {
  const reader = new ByteReader(body);
  reader.nullableString();
  reader.int16();
  reader.int32();
  return readTopics(reader, () => {
    const partition = reader.int32();
    listener(reader.bytes(reader.int32()));
    return partition;
  });
}

/** Batches of a Produce request. */
export function producedRecords(request: WireRequest): readonly Buffer[] {
  const batches: Buffer[] = [];
  produced(request, (records) => batches.push(records));
  return batches;
}

/** Of a Metadata request that names some. */
export function topicsAsked(body: Buffer): readonly string[] {
  const reader = new ByteReader(body);
  reader.tags();
  return reader.compactArray(() => {
    reader.uuid();
    const name = reader.compactString();
    reader.tags();
    return name;
  });
}

/** `leaders`: of each partition of every topic; -1: none. All brokers have one address. */
export function metadataAnswer(names: readonly string[], leaders: readonly number[] = [1], codeOf: (topic: string) => number = () => 0): Buffer {
  const writer = new ByteWriter().noTags().int32(0);
  const brokers = [...new Set([1, ...leaders])].filter((leader) => leader >= 0);
  writer.compactArray(brokers, (id) => writer.int32(id).compactString(address.host).int32(address.port).compactString(null).noTags());
  writer.compactString("cluster").int32(1);
  writer.compactArray(names, (name) => {
    const code = codeOf(name);
    writer.int16(code).compactString(name).uuid(topicId).boolean(false);
    writer.compactArray(code === 0 ? [...leaders.entries()] : [], ([partition, leader]) => {
      writer.int16(0).int32(partition).int32(leader).int32(0);
      for (let list = 0; list < 3; list++) writer.compactArray([], () => undefined);
      writer.noTags();
    });
    writer.int32(0).noTags();
  });
  return writer.noTags().done();
}

function readTopics(reader: ByteReader, partition: () => number): readonly Partitions[] {
  return reader.array(() => ({ topic: reader.string(), partitions: reader.array(partition) }));
}

function writeTopics(writer: ByteWriter, topics: readonly Partitions[], partition: (topic: string, partition: number) => void): ByteWriter {
  return writer.array(topics, ({ topic, partitions }) => writer.string(topic).array(partitions, (number) => partition(topic, number)));
}

/** To a request of AddPartitionsToTxn, with a code for each partition. */
export function addPartitionsAnswer({ body }: WireRequest, codeOf: (topic: string) => number): Buffer {
  const reader = new ByteReader(body);
  reader.string();
  reader.int64();
  reader.int16();
  const topics = readTopics(reader, () => reader.int32());
  const writer = new ByteWriter().int32(0);
  return writeTopics(writer, topics, (topic, partition) => writer.int32(partition).int16(codeOf(topic))).done();
}

/** Open transactions of these ids. */
export function listTransactionsAnswer(transactionalIds: readonly string[]): Buffer {
  const writer = new ByteWriter().noTags().int32(0).int16(0);
  return writer
    .compactArray([], () => undefined)
    .compactArray(transactionalIds, (id) => writer.compactString(id).int64(7).compactString("Ongoing").noTags())
    .noTags()
    .done();
}

/** The log goes from one offset to another, and knows no timestamps. */
export function listOffsetsAnswer({ body }: WireRequest, earliest: number, latest: number): Buffer {
  const reader = new ByteReader(body);
  reader.int32();
  reader.int8();
  const asked = reader.array(() => {
    const topic = reader.string();
    return { topic, partitions: reader.array(() => ({ partition: reader.int32(), epoch: reader.int32(), timestamp: reader.long() })) };
  });
  const offsets = new Map([
    [earliestTimestamp, earliest],
    [latestTimestamp, latest],
  ]);
  const writer = new ByteWriter().int32(0);
  writer.array(asked, ({ topic, partitions }) =>
    writer.string(topic).array(partitions, ({ partition, timestamp }) =>
      writer
        .int32(partition)
        .int16(0)
        .int64(-1)
        .int64(offsets.get(timestamp) ?? -1)
        .int32(0),
    ),
  );
  return writer.done();
}

/** Of one partition of the only topic id, outside of any session. */
export function fetchAnswer(records: Buffer, errorCode = 0, number = 0): Buffer {
  const writer = new ByteWriter().noTags().int32(0).int16(0).int32(0);
  writer.compactArray([topicId], (id) =>
    writer
      .uuid(id)
      .compactArray([number], (partition) => {
        writer.int32(partition).int16(errorCode).int64(1_000).int64(1_000).int64(0);
        writer
          .compactArray([], () => undefined)
          .int32(-1)
          .varuint(records.length + 1)
          .bytes(records)
          .noTags();
      })
      .noTags(),
  );
  return writer.noTags().done();
}

/** What a group has committed of partition 0 of a topic: nothing, for the reason that the codes say. */
export function offsetFetchAnswer(topic: string, partitionCode: number, groupCode: number): Buffer {
  const writer = new ByteWriter().int32(0);
  writer.array([topic], (name) =>
    writer.string(name).array([0], (partition) => writer.int32(partition).int64(-1).int32(-1).string("").int16(partitionCode)),
  );
  return writer.int16(groupCode).done();
}

/** Never answers. */
export function silence(): Promise<Buffer> {
  return new Promise(() => undefined);
}
