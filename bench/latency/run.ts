/** `pnpm bench latency`: how long a record is under way, from the moment at which it was due. */
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { lastLineOf } from "../nexmark/sides/side.ts";
import { runBench } from "../run-bench.ts";
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
  --seconds S          of a run; default 20. The first --warm seconds (default 5) are not counted
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

const jobs: Readonly<Record<string, Job>> = {
  stateless: { shape: "stateless", keys: 1_000, crossing: false },
  "keyed-1k": { shape: "keyed", keys: 1_000, crossing: false },
  "keyed-10k": { shape: "keyed", keys: 10_000, crossing: false },
  crossing: { shape: "keyed", keys: 1_000, crossing: true },
};

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    help: { type: "boolean", default: false },
    rates: { type: "string", default: "10000,100000" },
    seconds: { type: "string", default: "20" },
    warm: { type: "string", default: "5" },
    jobs: { type: "string", default: Object.keys(jobs).join(",") },
    backend: { type: "string", default: "disk" },
    "checkpoint-ms": { type: "string", default: "1000" },
    peer: { type: "string", default: "bare" },
    json: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const peers = values.peer.split(",");
  if (!values.json) {
    console.log(
      `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}; µs`,
    );
    console.log(
      [
        "records/s",
        "job".padEnd(22),
        "side".padEnd(10),
        ...["p50", "p99", "p99.9", "max", "longest GC", "CPU stall"].map((name) => name.padStart(11)),
      ].join(" "),
    );
  }
  const names = values.jobs.split(",");
  const rates = values.rates.split(",").map(Number);
  if (names.includes("kafka")) await runKafka(rates);
  for (const rate of rates) {
    for (const name of names.filter((one) => one !== "kafka")) {
      const job = jobs[name];
      if (job === undefined) throw new Error(`--jobs takes ${Object.keys(jobs).join(", ")}, and kafka, not ${name}`);
      report(rate, name, "millrace", await run("millrace", job, rate));
      if (peers.includes("bare")) report(rate, name, "bare", await run("bare", job, rate));
    }
    if (peers.includes("flink")) await runFlink(rate);
  }
}

async function run(side: LatencyOrder["side"], job: Job, ratePerSecond: number): Promise<Quantiles> {
  const order: LatencyOrder = {
    side,
    ...job,
    ratePerSecond,
    seconds: Number(values.seconds),
    warmSeconds: Number(values.warm),
    backend: values.backend === "heap" ? "heap" : "disk",
    checkpointIntervalMs: Number(values["checkpoint-ms"]),
  };
  const args = ["--conditions=millrace-source", join(import.meta.dirname, "run-side.ts"), JSON.stringify(order)];
  return (await lastLineOf(process.execPath, args)) as Quantiles;
}

async function runKafka(rates: readonly number[]): Promise<void> {
  const common = { seconds: Number(values.seconds), warmSeconds: Number(values.warm), checkpointIntervalMs: Number(values["checkpoint-ms"]) };
  await withBroker(async (latenciesOf) => {
    // The broker is compiled by then.
    for (const side of kafkaSides) await latenciesOf({ ...common, side, ratePerSecond: Math.min(...rates) });
    for (const ratePerSecond of rates) {
      for (const side of kafkaSides) report(ratePerSecond, "kafka", side, await latenciesOf({ ...common, side, ratePerSecond }));
    }
  });
}

async function runFlink(ratePerSecond: number): Promise<void> {
  const common = {
    ratePerSecond,
    seconds: Number(values.seconds),
    warmSeconds: Number(values.warm),
    checkpointIntervalMs: Number(values["checkpoint-ms"]),
  };
  report(ratePerSecond, "chained", "flink", await flinkLatencies({ ...common, query: "latency-chain", bufferTimeoutMs: 100 }));
  for (const bufferTimeoutMs of [100, 1, 0]) {
    report(ratePerSecond, `keyed, timeout ${bufferTimeoutMs} ms`, "flink", await flinkLatencies({ ...common, query: "latency", bufferTimeoutMs }));
  }
}

function report(rate: number, job: string, side: string, quantiles: Quantiles): void {
  if (values.json) {
    console.log(JSON.stringify({ rate, job, side, ...quantiles }));
    return;
  }
  const { p50, p99, p999, max, gcMax, stallMax } = quantiles;
  const cells = [p50, p99, p999, max, gcMax, stallMax].map((micros) =>
    (micros === null || Number.isNaN(micros) ? "" : micros.toFixed(1)).padStart(11),
  );
  console.log([String(rate).padStart(9), job.padEnd(22), side.padEnd(10), ...cells].join(" "));
}

await runBench(values.help, usage, main);
