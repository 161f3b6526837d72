import { spawn } from "node:child_process";
import { join } from "node:path";
import { consumerPerformance, java, keyedCount, plainClient, producerPerformance } from "./java.ts";

/** A contender: reads or fills the topic, and gives records a second. */
export interface Side {
  readonly name: string;
  readonly run: (topic: string) => Promise<number>;
}

export interface Ground {
  readonly bootstrap: string;
  /** Kafka's jars. */
  readonly libs: string;
  /** With Kafka Streams; fetched when they are needed. */
  readonly streamsLibs: () => Promise<string>;
  readonly records: number;
  readonly partitions: number;
  /** For state directories. */
  readonly scratch: string;
  newTopic(): Promise<string>;
}

/** Checkpoints and commits of the jobs from topic to topic. */
export const commitEveryMs = 1_000;

export interface Sides {
  readonly consume: readonly Side[];
  readonly json: readonly Side[];
  readonly produce: readonly Side[];
  readonly through: readonly Side[];
}

export function sidesOn(ground: Ground): Sides {
  const { bootstrap, libs, records, partitions } = ground;
  const ours = (name: string): Side => ({
    name,
    run: (topic) => contender(ground, [name, bootstrap, topic, String(records), String(partitions), ""]),
  });
  const oursThrough = (name: string): Side => ({
    name,
    run: async (topic) => contender(ground, [name, bootstrap, topic, String(records), String(partitions), await ground.newTopic()]),
  });
  const streams = (what: string, threads: number, cacheBytes: number): Side => ({
    name: `Kafka Streams, exactly_once_v2, ${what}`,
    run: async (topic) => {
      const parameters = [
        bootstrap,
        topic,
        await ground.newTopic(),
        records,
        threads,
        commitEveryMs,
        cacheBytes,
        join(ground.scratch, "streams"),
      ].map(String);
      return Number(await java(await ground.streamsLibs(), [keyedCount, ...parameters]));
    },
  });
  return {
    consume: [
      ours("millrace source"),
      ours("kafkajs eachBatch"),
      ours("platformatic consumer"),
      {
        name: "java KafkaConsumer, plain loop",
        run: async (topic) => Number(await java(libs, [plainClient, bootstrap, "consume", topic, String(records), String(partitions)])),
      },
      {
        name: "java ConsumerPerformance",
        run: async (topic) => {
          const tool = "org.apache.kafka.tools.ConsumerPerformance";
          return consumerPerformance(await java(libs, [tool, "--bootstrap-server", bootstrap, "--topic", topic, "--messages", String(records)]));
        },
      },
    ],
    json: [ours("millrace source, JSON parsed"), ours("kafkajs eachBatch, JSON parsed")],
    produce: producers(ground, ours),
    through: [
      oursThrough("millrace topic to topic, keyed count, exactly-once"),
      streams("a result a record, 1 thread", 1, 0),
      streams("a result a record, 2 threads", 2, 0),
      streams("results cached until the commit, 2 threads", 2, 10 << 20),
    ],
  };
}

function producers({ bootstrap, libs, records, partitions }: Ground, ours: (name: string) => Side): readonly Side[] {
  const produceWith = (batchBytes: number): Side => ({
    name: `java KafkaProducer, plain loop, batch.size ${batchBytes >> 10} KB`,
    run: async (topic) =>
      Number(await java(libs, [plainClient, bootstrap, "produce", topic, String(records), String(partitions), String(batchBytes)])),
  });
  return [
    ours("millrace sink, at-least-once"),
    ours("millrace sink, exactly-once"),
    ours("kafkajs producer"),
    ours("platformatic producer"),
    produceWith(16 << 10),
    produceWith(110 << 10),
    {
      name: "java ProducerPerformance",
      run: async (topic) => {
        const settings = ["--throughput", "-1", "--producer-props", `bootstrap.servers=${bootstrap}`, "acks=all"];
        const work = ["--topic", topic, "--num-records", String(records), "--record-size", "100"];
        return producerPerformance(await java(libs, ["org.apache.kafka.tools.ProducerPerformance", ...work, ...settings]));
      },
    },
  ];
}

const idleSeconds = 20;

/** Percent of a core that a source and an exactly-once sink take while nothing comes, and kafkajs's consumer. */
export async function idlePercents(ground: Ground): Promise<Readonly<Record<string, number>>> {
  const percents: Record<string, number> = {};
  for (const side of ["millrace", "kafkajs"]) {
    const parameters = [side, ground.bootstrap, await ground.newTopic(), await ground.newTopic(), String(idleSeconds)];
    percents[side] = await run(ground, "idle.ts", parameters);
  }
  return percents;
}

function contender(ground: Ground, parameters: readonly string[]): Promise<number> {
  return run(ground, "contender.ts", parameters);
}

/** A process of its own, whose last line is the figure. */
function run({ scratch }: Ground, script: string, parameters: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, script);
    const env = { ...process.env, BENCH_STATE: join(scratch, "state"), KAFKAJS_NO_PARTITIONER_WARNING: "1" };
    const child = spawn(process.execPath, ["--conditions=millrace-source", file, ...parameters], { stdio: ["ignore", "pipe", "inherit"], env });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(Number(output.trim().split("\n").at(-1))) : reject(new Error(`${script} ${parameters[0]} ended with code ${code}`)),
    );
  });
}
