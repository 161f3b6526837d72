/**
 * One process of a latency run from topic to topic: `kafka-role.ts ROLE ORDER`, the order as JSON. `feed` writes each record when it is due, `hop`
 * carries records from one topic to the other, `read` prints the quantiles of what comes out. Each prints "ready" first.
 */
import { bytes, kafka, kafkaSink, kafkaSource } from "@millrace/kafka";
import { Kafka, logLevel } from "kafkajs";
import { defineJob, startJob } from "millrace";
import { Latencies } from "./latencies.ts";
import { nowNanos, Schedule } from "./schedule.ts";

export type KafkaSide = "millrace" | "kafkajs" | "none";

export interface KafkaOrder {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  readonly partitions: number;
  readonly side: KafkaSide;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly checkpointIntervalMs: number;
  readonly stateDir: string;
}

/** Of a record; its first eight hold the time at which it was due. */
const RECORD_BYTES = 100;
/** Of one request: a broker takes a megabyte at most. */
const MESSAGES_MAX = 5_000;
/** Requests under way, of the feeder and of the loop with kafkajs. */
const IN_FLIGHT = 5;

const [role = "", text = "{}"] = process.argv.slice(2);
const order = JSON.parse(text) as KafkaOrder;
const { bootstrap, input, output, partitions, side, ratePerSecond, seconds } = order;
const client = new Kafka({ clientId: role, brokers: [bootstrap], logLevel: logLevel.NOTHING });
const records = Math.floor(ratePerSecond * seconds);

const roles: Readonly<Record<string, () => Promise<void>>> = { feed, hop: side === "kafkajs" ? hopByHand : hop, read };
await roles[role]?.();

async function feed(): Promise<void> {
  const producer = client.producer({ idempotent: true, maxInFlightRequests: IN_FLIGHT });
  await producer.connect();
  const schedule = new Schedule(ratePerSecond, seconds);
  const sending = new Set<Promise<unknown>>();
  console.log("ready");
  for (let next = 0; next < records; ) {
    const now = nowNanos();
    const messages = [];
    for (; next < records && messages.length < MESSAGES_MAX && schedule.dueNanos(next) <= now; next++) {
      const value = Buffer.alloc(RECORD_BYTES);
      value.writeDoubleLE(schedule.dueNanos(next));
      messages.push({ value, partition: next % partitions });
    }
    if (messages.length > 0) {
      const sent = producer.send({ topic: input, acks: -1, messages }).finally(() => sending.delete(sent));
      sending.add(sent);
    }
    if (sending.size >= IN_FLIGHT) await Promise.race(sending);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(sending);
  await producer.disconnect();
}

/** What is measured: a job that runs until it is ended. */
async function hop(): Promise<void> {
  const cluster = kafka({ brokers: [bootstrap] });
  const job = defineJob("hop", (env) => {
    env
      .from(kafkaSource(cluster, input, bytes()), { uid: "in" })
      .map((value) => value)
      .to(kafkaSink<Uint8Array>(cluster, output, { value: bytes(), guarantee: "at-least-once" }), { uid: "out" });
  });
  await startJob(job, { stateDir: order.stateDir, checkpointIntervalMs: order.checkpointIntervalMs });
  console.log("ready");
}

/** The same as it is written by hand: each batch goes on, and its offsets are committed when the broker has it. */
async function hopByHand(): Promise<void> {
  const producer = client.producer({ idempotent: true, maxInFlightRequests: IN_FLIGHT });
  await producer.connect();
  const consumer = client.consumer({ groupId: `hop-${process.pid}` });
  await consumer.subscribe({ topics: [input], fromBeginning: true });
  consumer.on(consumer.events.GROUP_JOIN, () => console.log("ready"));
  await consumer.run({
    autoCommitInterval: order.checkpointIntervalMs,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch }) => {
      for (let from = 0; from < batch.messages.length; from += MESSAGES_MAX) {
        const messages = batch.messages.slice(from, from + MESSAGES_MAX).map(({ value }) => ({ value, partition: batch.partition }));
        await producer.send({ topic: output, acks: -1, messages });
      }
    },
  });
}

async function read(): Promise<void> {
  const latencies = new Latencies(nowNanos() + order.warmSeconds * 1e9);
  const consumer = client.consumer({ groupId: `read-${process.pid}` });
  await consumer.subscribe({ topics: [side === "none" ? input : output], fromBeginning: true });
  let seen = 0;
  const done = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => console.log("ready"));
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) latencies.arrived((value as Buffer).readDoubleLE(0));
      seen += batch.messages.length;
      if (seen >= records) done.resolve();
    },
  });
  await done.promise;
  console.log(JSON.stringify(latencies.quantiles()));
  process.exit(0);
}
