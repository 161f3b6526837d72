/** What a connection costs while nothing comes: `idle.ts SIDE BOOTSTRAP TOPIC OUT SECONDS`; prints percent of one core. */
import { bytes, kafka, kafkaSink, kafkaSource } from "@millrace/kafka";
import { Kafka, logLevel } from "kafkajs";
import { defineJob, startJob } from "millrace";

const [side = "", bootstrap = "", topic = "", out = "", seconds = "20"] = process.argv.slice(2);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const settleMs = 5_000;

async function millrace(): Promise<void> {
  const cluster = kafka({ brokers: [bootstrap] });
  const job = defineJob("idle", (env) => {
    env.from(kafkaSource(cluster, topic, bytes()), { uid: "in" }).to(kafkaSink<Uint8Array>(cluster, out, { value: bytes() }), { uid: "out" });
  });
  await startJob(job, { stateDir: `${process.env.BENCH_STATE}-idle-${process.pid}` });
}

async function kafkajs(): Promise<void> {
  const consumer = new Kafka({ clientId: "bench", brokers: [bootstrap], logLevel: logLevel.NOTHING }).consumer({ groupId: `idle-${process.pid}` });
  await consumer.subscribe({ topics: [topic] });
  await consumer.run({ eachBatch: async () => undefined });
}

await (side === "millrace" ? millrace() : kafkajs());
await pause(settleMs);
const begun = performance.now();
const before = process.cpuUsage();
await pause(Number(seconds) * 1_000);
const { user, system } = process.cpuUsage(before);
console.log(((user + system) / 10 / (performance.now() - begun)).toFixed(2));
process.exit(0);
