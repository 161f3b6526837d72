/** `pnpm bench NAME …`: hands the rest of the command line to one bench. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const [name = "", ...rest] = process.argv.slice(2);
const benches = ["kafka", "nexmark", "latency", "growth"];

if (benches.includes(name) && existsSync(join(import.meta.dirname, name, "run.ts"))) {
  process.argv.splice(2, process.argv.length - 2, ...rest);
  await import(`./${name}/run.ts`);
} else {
  console.log(`pnpm bench NAME [options]

  kafka      reading and writing topics, beside other clients, on one real broker
  nexmark    throughput of the Nexmark queries, beside hand-written loops and Apache Flink
  latency    how long a record is under way, at a fixed rate
  growth     what a job costs as its state, churn, chain and windows grow

See pnpm bench NAME --help, and bench/README.md for the figures.`);
  process.exitCode = name === "" || name === "--help" ? 0 : 2;
}
