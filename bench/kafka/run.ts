/** `pnpm bench kafka`: Millrace beside other clients, on one real broker. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LocalBroker, missingTool, startLocalBroker } from "@millrace/kafka/local-broker";
import { Kafka, logLevel } from "kafkajs";
import { consumerPerformance, java, plainClient, producerPerformance } from "./java.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "2000000" },
    rounds: { type: "string", default: "3" },
    partitions: { type: "string", default: "4" },
    only: { type: "string", default: "consume,produce,through" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(`pnpm bench kafka [--records 2000000] [--rounds 3] [--partitions 4] [--only consume,produce,through]

Records of 100 bytes, no keys, no compression, acks=all; broker and client share the machine. Each figure is a process of its
own, the sides take turns, and the median of the rounds is shown.`);
  process.exit(0);
}
const missing = missingTool();
if (missing !== undefined) {
  console.error(`${missing} is not on the PATH; the bench needs Java 17, and Maven the first time`);
  process.exit(1);
}

interface Side {
  readonly name: string;
  readonly run: (topic: string) => Promise<number>;
}

const [records, rounds, partitions] = [values.records, values.rounds, values.partitions].map(Number) as [number, number, number];
const scratch = await mkdtemp(join(tmpdir(), "millrace-bench-kafka-"));
const broker: LocalBroker = await startLocalBroker({ dataDirectory: join(scratch, "kafka"), quick: false, heap: "1g" });
const { bootstrap, libs } = broker;
const admin = new Kafka({ clientId: "bench", brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
await admin.connect();

let topics = 0;
async function newTopic(): Promise<string> {
  const topic = `bench-${topics++}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await new Promise((resolve) => setTimeout(resolve, 300));
  return topic;
}

function ours(name: string, out = ""): Side {
  return {
    name,
    run: async (topic) =>
      Number(
        (await contender([name, bootstrap, topic, String(records), String(partitions), out === "" ? "" : await newTopic()]))
          .trim()
          .split("\n")
          .at(-1),
      ),
  };
}

function contender(parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, "contender.ts");
    const env = { ...process.env, BENCH_STATE: join(scratch, "state"), KAFKAJS_NO_PARTITIONER_WARNING: "1" };
    const child = spawn(process.execPath, ["--conditions=millrace-source", file, ...parameters], { stdio: ["ignore", "pipe", "inherit"], env });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`${parameters[0]} ended with code ${code}`))));
  });
}

const performance100 = "org.apache.kafka.tools.ProducerPerformance";
const consume: readonly Side[] = [
  ours("millrace source"),
  ours("millrace source, JSON parsed"),
  ours("kafkajs eachBatch"),
  ours("platformatic consumer"),
  {
    name: "java KafkaConsumer, plain loop",
    run: async (topic) => Number(await java(libs, [plainClient, bootstrap, "consume", topic, String(records), String(partitions)])),
  },
  {
    name: "java ConsumerPerformance",
    run: async (topic) =>
      consumerPerformance(
        await java(libs, [
          "org.apache.kafka.tools.ConsumerPerformance",
          "--bootstrap-server",
          bootstrap,
          "--topic",
          topic,
          "--messages",
          String(records),
        ]),
      ),
  },
];
const produceWith = (batchBytes: number): Side => ({
  name: `java KafkaProducer, plain loop, batch.size ${batchBytes >> 10} KB`,
  run: async (topic) => Number(await java(libs, [plainClient, bootstrap, "produce", topic, String(records), String(partitions), String(batchBytes)])),
});
const produce: readonly Side[] = [
  ours("millrace sink, at-least-once"),
  ours("millrace sink, exactly-once"),
  ours("kafkajs producer"),
  ours("platformatic producer"),
  produceWith(16 << 10),
  produceWith(110 << 10),
  {
    name: "java ProducerPerformance",
    run: async (topic) =>
      producerPerformance(
        await java(libs, [
          performance100,
          "--topic",
          topic,
          "--num-records",
          String(records),
          "--record-size",
          "100",
          "--throughput",
          "-1",
          "--producer-props",
          `bootstrap.servers=${bootstrap}`,
          "acks=all",
        ]),
      ),
  },
];
const through: readonly Side[] = [ours("millrace topic to topic, keyed count, exactly-once", "out")];

async function race(title: string, sides: readonly Side[], topicFor: () => Promise<string>, reference: string): Promise<void> {
  const figures = new Map(sides.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of sides) figures.get(name)?.push(await run(await topicFor()));
  }
  const median = (name: string): number => (figures.get(name) ?? []).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  console.log(`\n${title}: ${records} records, ${partitions} partitions, median of ${rounds}`);
  for (const { name } of sides) {
    const all = figures.get(name) ?? [];
    console.log(
      `${name.padEnd(58)} ${Math.round(median(name)).toLocaleString("en").padStart(12)} /s  ${(median(name) / median(reference)).toFixed(2).padStart(6)}  (${all.map((figure) => Math.round(figure / 1000)).join(", ")} k)`,
    );
  }
}

const chosen = values.only.split(",");
if (chosen.includes("consume") || chosen.includes("through")) {
  const filled = await newTopic();
  await java(libs, [plainClient, bootstrap, "produce", filled, String(records), String(partitions), String(110 << 10)]);
  if (chosen.includes("consume")) {
    const values100 = await newTopic();
    await java(libs, [
      performance100,
      "--topic",
      values100,
      "--num-records",
      "1000",
      "--record-size",
      "100",
      "--throughput",
      "-1",
      "--producer-props",
      `bootstrap.servers=${bootstrap}`,
    ]);
    await race(
      "consume",
      consume.filter(({ name }) => !name.includes("JSON")),
      async () => filled,
      "java KafkaConsumer, plain loop",
    );
  }
  if (chosen.includes("through")) await race("through", through, async () => filled, "millrace topic to topic, keyed count, exactly-once");
}
if (chosen.includes("produce")) await race("produce", produce, newTopic, "java KafkaProducer, plain loop, batch.size 110 KB");
await admin.disconnect();
await broker.stop({ kill: true });
await rm(scratch, { recursive: true, force: true });
process.exit(0);
