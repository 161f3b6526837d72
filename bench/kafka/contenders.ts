import { bytes, json, kafka, kafkaSink, kafkaSource, text, records as wholeRecords } from "@millrace/kafka";
import { Consumer, ProduceAcks, Producer } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";
import { datagen, defineJob, discard, type JobDefinition, startJob, state, t } from "millrace";
import { commitEveryMs } from "./sides.ts";

export interface Task {
  readonly bootstrap: string;
  readonly topic: string;
  readonly records: number;
  readonly partitions: number;
  /** Another topic, to write results to. */
  readonly out: string;
}

/** Runs to its end and gives the seconds that it took, without the start of the process. */
export type Contender = (task: Task) => Promise<number>;

const value = Buffer.alloc(100, "x");
const batchRecords = 1_000;
const inFlight = 5;

export const contenders: { readonly [name: string]: Contender } = {
  "millrace source": ({ bootstrap, topic }) => jobSeconds(reading(bootstrap, topic)),
  "millrace source, JSON parsed": ({ bootstrap, topic }) =>
    jobSeconds(
      defineJob("read-json", (env) => {
        env.from(kafkaSource(kafka({ brokers: [bootstrap] }), topic, json(), { stop: "latest" }), { uid: "in" }).to(discard(), { uid: "out" });
      }),
    ),
  "millrace sink, at-least-once": (task) => jobSeconds(writing(task, "at-least-once")),
  "millrace sink, exactly-once": (task) => jobSeconds(writing(task, "exactly-once")),
  "millrace topic to topic, keyed count, exactly-once": (task) => jobSeconds(counting(task), commitEveryMs),
  "kafkajs eachBatch": (task) => kafkajsConsume(task, (value) => value?.length ?? 0),
  "kafkajs eachBatch, JSON parsed": (task) => kafkajsConsume(task, (value) => JSON.parse(String(value)).id + 1),
  "kafkajs producer": kafkajsProduce,
  "platformatic consumer": platformaticConsume,
  "platformatic producer": platformaticProduce,
};

/** `checkpointIntervalMs` undefined: without a state directory. */
async function jobSeconds(job: JobDefinition, checkpointIntervalMs?: number): Promise<number> {
  const begun = performance.now();
  const directory =
    checkpointIntervalMs === undefined ? { ephemeral: true } : { stateDir: `${process.env.BENCH_STATE}-${process.pid}`, checkpointIntervalMs };
  const handle = await startJob(job, directory);
  await handle.finished;
  return (performance.now() - begun) / 1000;
}

function reading(bootstrap: string, topic: string): JobDefinition {
  return defineJob("read", (env) => {
    const source = kafkaSource(kafka({ brokers: [bootstrap] }), topic, wholeRecords(bytes(), bytes()), { stop: "latest" });
    env.from(source, { uid: "in" }).to(discard(), { uid: "out" });
  });
}

function writing({ bootstrap, topic, records }: Task, guarantee: "at-least-once" | "exactly-once"): JobDefinition {
  return defineJob("write", (env) => {
    const sink = kafkaSink<Uint8Array>(kafka({ brokers: [bootstrap] }), topic, { value: bytes(), guarantee });
    env.from(datagen({ generate: () => value as Uint8Array, count: records }), { uid: "in" }).to(sink, { uid: "out" });
  });
}

interface Counted {
  readonly key: string;
  readonly count: number;
}

/** Counts by the records' keys, a result for each; values stay bytes, so that what is measured is not JSON. */
function counting({ bootstrap, topic, out }: Task): JobDefinition {
  const cluster = kafka({ brokers: [bootstrap] });
  return defineJob("count", (env) => {
    env
      .from(kafkaSource(cluster, topic, wholeRecords(text(), bytes()), { stop: "latest" }), { uid: "in" })
      .map((record) => record.key ?? "")
      .keyBy((key) => key)
      .process(
        {
          state: { seen: state.value(t.integer()) },
          processElement(key, { state: { seen } }, results: { collect(value: Counted): void }) {
            const count = (seen.value() ?? 0) + 1;
            seen.update(count);
            results.collect({ key, count });
          },
        },
        { uid: "count" },
      )
      .to(
        kafkaSink<Counted>(cluster, out, {
          value: { description: null, serialize: ({ count }) => String(count) },
          key: ({ key }) => key,
          transactionalIdPrefix: out,
        }),
        {
          uid: "out",
        },
      );
  });
}

function client(bootstrap: string): Kafka {
  return new Kafka({ clientId: "bench", brokers: [bootstrap], logLevel: logLevel.NOTHING });
}

async function kafkajsConsume({ bootstrap, topic, records }: Task, sizeOf: (value: Buffer | null) => number): Promise<number> {
  const consumer = client(bootstrap).consumer({
    groupId: `bench-${process.pid}`,
    maxBytesPerPartition: 4 << 20,
    maxBytes: 32 << 20,
    maxWaitTimeInMs: 200,
  });
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let begun = 0;
  let seen = 0;
  let size = 0;
  const done = Promise.withResolvers<number>();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    begun = performance.now();
  });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) size += sizeOf(message.value);
      seen += batch.messages.length;
      if (seen >= records) done.resolve((performance.now() - begun) / 1000);
    },
  });
  const seconds = await done.promise;
  if (size === 0) throw new Error("no bytes");
  return seconds;
}

async function pump(batches: number, send: (batch: number) => Promise<unknown>): Promise<number> {
  await send(0);
  const begun = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < batches) await send(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (performance.now() - begun) / 1000;
}

async function kafkajsProduce({ bootstrap, topic, records, partitions }: Task): Promise<number> {
  const producer = client(bootstrap).producer({ idempotent: true, maxInFlightRequests: inFlight });
  await producer.connect();
  return pump(records / batchRecords, (batch) => {
    const messages = Array.from({ length: batchRecords }, () => ({ value, partition: batch % partitions }));
    return producer.send({ topic, acks: -1, messages });
  });
}

async function platformaticConsume({ bootstrap, topic, records }: Task): Promise<number> {
  const sizes = { maxBytes: 32 << 20, maxWaitTime: 200 };
  const consumer = new Consumer({ clientId: "bench", groupId: `bench-${process.pid}`, bootstrapBrokers: [bootstrap], autocommit: false, ...sizes });
  const stream = await consumer.consume({ topics: [topic], mode: "earliest", autocommit: false, highWaterMark: 16_384, ...sizes });
  let seen = 0;
  let begun = 0;
  for await (const message of stream) {
    if (seen === 0) begun = performance.now();
    if (message.value === undefined) throw new Error("no value");
    if (++seen >= records) break;
  }
  return (performance.now() - begun) / 1000;
}

async function platformaticProduce({ bootstrap, topic, records, partitions }: Task): Promise<number> {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: "bench",
    bootstrapBrokers: [bootstrap],
    idempotent: true,
    acks: ProduceAcks.ALL,
    autocreateTopics: false,
    maxInflights: inFlight,
  });
  return pump(records / batchRecords, (batch) => {
    const messages = Array.from({ length: batchRecords }, () => ({ topic, value, partition: batch % partitions }));
    return producer.send({ acks: ProduceAcks.ALL, idempotent: true, messages });
  });
}
