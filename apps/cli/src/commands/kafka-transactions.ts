import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError, messageOf } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { KafkaCluster, KafkaTransaction } from "@millrace/kafka";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { tableLines } from "../table.ts";

type Kafka = typeof import("@millrace/kafka");

export interface KafkaFlags {
  readonly brokers?: string;
  readonly cluster?: string;
  readonly json?: boolean;
}

/** Transactions of the jobs' sinks: the open ones, oldest first, or with `all` those in every state. */
export function transactionListCommand(flags: KafkaFlags & { readonly prefix?: string; readonly all?: boolean }, io: Io): Promise<number> {
  return withCluster(flags, io, async (kafka, cluster) => {
    const states = flags.all === true ? [] : ["Ongoing", "PrepareCommit", "PrepareAbort"];
    const found = await kafka.kafkaTransactions(cluster, nodePorts, { prefix: flags.prefix ?? "millrace-", states });
    const sorted = [...found].sort((a, b) => (a.startedAtMs ?? Number.POSITIVE_INFINITY) - (b.startedAtMs ?? Number.POSITIVE_INFINITY));
    if (flags.json === true) return JSON.stringify(sorted);
    if (sorted.length === 0) return flags.all === true ? "no transactions" : "no open transactions; --all lists those that are over";
    const columns = [
      { title: "transactional id" },
      { title: "state" },
      { title: "age", align: "right" },
      { title: "timeout", align: "right" },
      { title: "partitions" },
    ] as const;
    return tableLines(columns, sorted.map(rowOf)).join("\n");
  });
}

export function transactionDescribeCommand(id: string, flags: KafkaFlags, io: Io): Promise<number> {
  return withCluster(flags, io, async (kafka, cluster) => show(await kafka.kafkaTransaction(cluster, nodePorts, id), flags));
}

/** For what a job that is gone for good has left behind. */
export function transactionEndCommand(id: string, end: "commit" | "abort", flags: KafkaFlags, io: Io): Promise<number> {
  return withCluster(flags, io, async (kafka, cluster) => show(await kafka.endKafkaTransaction(cluster, nodePorts, id, end), flags));
}

async function withCluster(flags: KafkaFlags, io: Io, use: (kafka: Kafka, cluster: KafkaCluster) => Promise<string>): Promise<number> {
  const cluster = await failingWith(exitCodes.usage, async () => {
    const kafka = await loadKafka(io);
    return { kafka, cluster: await clusterOf(kafka, flags, io) };
  });
  return failingWith(exitCodes.jobFailed, async () => {
    io.stdout.write(`${await use(cluster.kafka, cluster.cluster)}\n`);
    return exitCodes.ok;
  });
}

/** The project's own @millrace/kafka: the command does not bring it along. */
async function loadKafka(io: Io): Promise<Kafka> {
  let path: string;
  try {
    path = createRequire(join(io.cwd, "package.json")).resolve("@millrace/kafka");
  } catch (error) {
    throw new MillraceError("KAFKA_NOT_INSTALLED", "@millrace/kafka is not installed here", {
      cause: error,
      hint: "npm install @millrace/kafka, or run this in the job's project",
    });
  }
  return (await import(pathToFileURL(path).href)) as Kafka;
}

async function clusterOf(kafka: Kafka, { brokers, cluster }: KafkaFlags, io: Io): Promise<KafkaCluster> {
  if (cluster === undefined) {
    const list = brokers ?? io.env.KAFKA_BOOTSTRAP;
    if (list === undefined)
      throw new MillraceError("KAFKA_CLUSTER", "no cluster is named", { hint: "--brokers host:port,… or --cluster module.ts, or KAFKA_BOOTSTRAP" });
    return kafka.kafka({ brokers: list.split(",") });
  }
  try {
    const module = (await import(pathToFileURL(resolve(io.cwd, cluster)).href)) as { readonly default?: KafkaCluster };
    if (module.default?.brokers === undefined) throw new Error("its default export is no cluster");
    return module.default;
  } catch (error) {
    throw new MillraceError("KAFKA_CLUSTER", `${cluster}: ${messageOf(error)}`, {
      cause: error,
      hint: "export default kafka({ brokers, ssl, sasl })",
    });
  }
}

function rowOf({ transactionalId, state, startedAtMs, timeoutMs, partitions }: KafkaTransaction): readonly string[] {
  const age = startedAtMs === undefined ? "" : seconds(nodePorts.clock.now() - startedAtMs);
  return [transactionalId, state, age, seconds(timeoutMs), partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(" ")];
}

function show(transaction: KafkaTransaction, { json }: KafkaFlags): string {
  if (json === true) return JSON.stringify(transaction);
  const { transactionalId, state, producerId, epoch, partitions, startedAtMs, timeoutMs } = transaction;
  const lines = [
    ["transactional id", transactionalId],
    ["state", state],
    ["producer", `${producerId}, epoch ${epoch}`],
    ["begun", startedAtMs === undefined ? "none is open" : `${seconds(nodePorts.clock.now() - startedAtMs)} ago`],
    ["timeout", seconds(timeoutMs)],
    ["partitions", partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(" ")],
  ];
  return lines.map(([name = "", value = ""]) => `${name.padEnd(18)}${value}`.trimEnd()).join("\n");
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
