import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startLocalBroker } from "@millrace/kafka/local-broker";
import { Kafka, logLevel } from "kafkajs";
import { newTopics } from "../kafka/new-topics.ts";
import type { KafkaOrder, KafkaSide } from "./kafka-role.ts";
import type { Quantiles } from "./latencies.ts";

export type KafkaRun = Pick<KafkaOrder, "side" | "ratePerSecond" | "seconds" | "warmSeconds" | "checkpointIntervalMs">;

const PARTITIONS = 2;

export const kafkaSides: readonly KafkaSide[] = ["millrace", "kafkajs", "none"];

/**
 * From when a record was due to when it has been read from the other topic, on one real broker: feeder, job and reader are processes of their own
 * beside it. `none`: the reader takes what the feeder writes, which is the way without anything in between.
 */
export async function withBroker(body: (latenciesOf: (run: KafkaRun) => Promise<Quantiles>) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "millrace-latency-kafka-"));
  const broker = await startLocalBroker({ dataDirectory: join(scratch, "kafka"), quick: false, heap: "1g" });
  const admin = new Kafka({ clientId: "bench", brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  let runs = 0;
  try {
    await body(async (run) => {
      const [input, output] = [`in-${++runs}`, `out-${runs}`];
      await newTopics(admin, [input, output], PARTITIONS);
      return measured({ ...run, bootstrap: broker.bootstrap, input, output, partitions: PARTITIONS, stateDir: join(scratch, `state-${runs}`) });
    });
  } finally {
    await admin.disconnect();
    await broker.stop({ kill: true });
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measured(order: KafkaOrder): Promise<Quantiles> {
  const started: Role[] = [];
  const start = (role: string): Role => {
    const one = startRole(role, order);
    started.push(one);
    return one;
  };
  try {
    if (order.side !== "none") await start("hop").ready;
    const reader = start("read");
    await reader.ready;
    await start("feed").ready;
    return JSON.parse(await Promise.race([reader.lastLine, ...started.map(({ failed }) => failed)])) as Quantiles;
  } finally {
    await Promise.all(started.map(({ child }) => ended(child)));
  }
}

interface Role {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly lastLine: Promise<string>;
  /** Rejects when it ends with an error. */
  readonly failed: Promise<never>;
}

function startRole(role: string, order: KafkaOrder): Role {
  const script = join(import.meta.dirname, "kafka-role.ts");
  const env = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: "1" };
  const child = spawn(process.execPath, ["--no-warnings", "--conditions=millrace-source", script, role, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  const ready = Promise.withResolvers<void>();
  const lastLine = Promise.withResolvers<string>();
  const failed = Promise.withResolvers<never>();
  let last = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = line;
    if (line === "ready") ready.resolve();
  });
  child.once("close", (code) => {
    const error = new Error(`${role} (${order.side}) ended with code ${code}`);
    ready.reject(error);
    if (code === 0) lastLine.resolve(last);
    else failed.reject(error);
  });
  // Whoever does not wait for a process has ended it.
  ready.promise.catch(() => undefined);
  failed.promise.catch(() => undefined);
  return { child, ready: ready.promise, lastLine: lastLine.promise, failed: failed.promise };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await closed;
}
