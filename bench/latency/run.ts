/** `pnpm bench latency`: how long a record is under way, from the moment at which it was due. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MillraceError } from "@millrace/core";
import { machine } from "../machine.ts";
import { lastLineOf } from "../nexmark/sides/side.ts";
import { oneOf, someOf, whole, wholes } from "../option-values.ts";
import { runBench } from "../run-bench.ts";
import { orUsage } from "../usage.ts";
import { flinkLatencies } from "./flink.ts";
import type { Shape } from "./jobs.ts";
import { kafkaSides, withBroker } from "./kafka.ts";
import type { Quantiles } from "./latencies.ts";
import type { LatencyOrder } from "./run-side.ts";

const usage = `Latency in an open loop: records leave the source when they are due, whether the engine keeps up or not, and
each is measured from then (no coordinated omission). Checkpoints every second. Beside it a bare loop that does the same
without an engine, or two bare threads, which show what the machine does to any loop. "CPU stall" is the most processor time
that the thread used between two looks at what is due: it does not depend on what else the machine is at.

  pnpm bench latency [--rates 10000,100000] [--seconds 20] [--peer bare,flink]

  --rates LIST         records a second; default 10000,100000
  --seconds S          of a run; default 20, more than --warm. The first --warm seconds (default 5) are not counted
  --jobs LIST          stateless, keyed-1k (1,000 keys), keyed-10k (10,000 keys, all dirty at each checkpoint),
                       crossing (1,000 keys in two threads, measured where all records come from the other); default these.
                       kafka: from topic to topic, at least once, on a real broker (Java 17), beside a loop over kafkajs and nothing in between
  --backend NAME       disk (default) or heap
  --checkpoint-ms MS   default 1000
  --peer LIST          bare, flink, none; default bare. Flink: chained, and keyed behind an exchange at buffer timeouts 100, 1 and 0 ms
  --json               one JSON object a run`;

interface Job {
  readonly shape: Shape;
  readonly keys: number;
  readonly crossing: boolean;
}

const jobs = {
  stateless: { shape: "stateless", keys: 1_000, crossing: false },
  "keyed-1k": { shape: "keyed", keys: 1_000, crossing: false },
  "keyed-10k": { shape: "keyed", keys: 10_000, crossing: false },
  crossing: { shape: "keyed", keys: 1_000, crossing: true },
} as const satisfies Readonly<Record<string, Job>>;
const jobNames = Object.keys(jobs) as (keyof typeof jobs)[];

const { rates, names, peers, backend, json, common } = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      rates: { type: "string", default: "10000,100000" },
      seconds: { type: "string", default: "20" },
      warm: { type: "string", default: "5" },
      jobs: { type: "string", default: jobNames.join(",") },
      backend: { type: "string", default: "disk" },
      "checkpoint-ms": { type: "string", default: "1000" },
      peer: { type: "string", default: "bare" },
      json: { type: "boolean", default: false },
    },
  });
  const seconds = whole("--seconds", values.seconds);
  const warmSeconds = whole("--warm", values.warm, 0);
  if (seconds <= warmSeconds)
    throw new Error(`--seconds must be more than --warm, ${warmSeconds}, not ${seconds}: what is due in those is not counted`);
  return {
    rates: wholes("--rates", values.rates),
    names: someOf("--jobs", values.jobs, [...jobNames, "kafka"]),
    peers: someOf("--peer", values.peer, ["bare", "flink", "none"]),
    backend: oneOf("--backend", values.backend, ["disk", "heap"]),
    json: values.json,
    common: { seconds, warmSeconds, checkpointIntervalMs: whole("--checkpoint-ms", values["checkpoint-ms"]) },
  };
});

async function main(): Promise<void> {
  if (!json) {
    console.log(`${machine()}; µs`);
    console.log(
      [
        "records/s",
        "job".padEnd(22),
        "side".padEnd(10),
        ...["p50", "p99", "p99.9", "max", "longest GC", "CPU stall"].map((name) => name.padStart(11)),
      ].join(" "),
    );
  }
  if (names.includes("kafka")) await runKafka();
  for (const rate of rates) {
    for (const name of names.filter((one) => one !== "kafka")) {
      report(rate, name, "millrace", await run("millrace", jobs[name], rate));
      if (peers.includes("bare")) report(rate, name, "bare", await run("bare", jobs[name], rate));
    }
    if (peers.includes("flink")) await runFlink(rate);
  }
}

async function run(side: LatencyOrder["side"], job: Job, ratePerSecond: number): Promise<Quantiles> {
  const order: LatencyOrder = { ...common, ...job, side, ratePerSecond, backend };
  const args = ["--conditions=millrace-source", join(import.meta.dirname, "run-side.ts"), JSON.stringify(order)];
  return (await lastLineOf(process.execPath, args)) as Quantiles;
}

async function runKafka(): Promise<void> {
  await withBroker(async (latenciesOf) => {
    // The broker is compiled by then.
    for (const side of kafkaSides) await latenciesOf({ ...common, side, ratePerSecond: Math.min(...rates) });
    for (const ratePerSecond of rates) {
      for (const side of kafkaSides) report(ratePerSecond, "kafka", side, await latenciesOf({ ...common, side, ratePerSecond }));
    }
  });
}

async function runFlink(ratePerSecond: number): Promise<void> {
  const order = { ...common, ratePerSecond };
  report(ratePerSecond, "chained", "flink", await flinkLatencies({ ...order, query: "latency-chain", bufferTimeoutMs: 100 }));
  for (const bufferTimeoutMs of [100, 1, 0]) {
    report(ratePerSecond, `keyed, timeout ${bufferTimeoutMs} ms`, "flink", await flinkLatencies({ ...order, query: "latency", bufferTimeoutMs }));
  }
}

function report(rate: number, job: string, side: string, quantiles: Quantiles): void {
  if (quantiles.records === 0) {
    throw new MillraceError("LATENCY_RECORDS", `${side} has measured no record of ${job} at ${rate} a second`, {
      hint: "give more --seconds: what is due in the --warm ones, and in the second that the start may take, is not counted",
    });
  }
  if (json) {
    console.log(JSON.stringify({ rate, job, side, ...quantiles }));
    return;
  }
  const { p50, p99, p999, max, gcMax, stallMax } = quantiles;
  const cells = [p50, p99, p999, max, gcMax, stallMax].map((micros) =>
    (micros === null || Number.isNaN(micros) ? "" : micros.toFixed(1)).padStart(11),
  );
  console.log([String(rate).padStart(9), job.padEnd(22), side.padEnd(10), ...cells].join(" "));
}

await runBench(main);
