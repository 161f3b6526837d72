import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { oneOf, whole } from "./option-values.ts";
import { churnOfJobs, recoveries } from "./state/beside.ts";
import { measureChurn } from "./state/churn.ts";
import { measureFill } from "./state/fill.ts";
import { churnPlot } from "./state/plot.ts";
import { measureRefill } from "./state/refill.ts";
import { orUsage } from "./usage.ts";

const usage = `pnpm bench:state [churn|store|refill|build|hot|large|recovery|flink] [options as JSON]

Keyed state larger than memory.
  churn     bytes, duration and stall of checkpoints by the share of keys that changed; writes bench/state/churn.svg
  store     processor time a record of the local store alone
  refill    time and processor time until an empty local store holds what a base says
  build     5 million keys of 200 B through a real job, checkpoint every second
  hot       counts under keys that stay in the cache
  large     20 million keys with --memory 1g; prints the peak of resident memory
  recovery  kill -9, then process start to first new output, with the local store and without it; after pnpm build
  flink     the same beside Flink, and checkpoints of running jobs by the share of a million keys that is hit

Example: pnpm bench:state large '{"keys":2000000,"records":2100000,"memoryMb":256}'`;

const gigabyte = { keys: 5_000_000, valueBytes: 200, memoryMb: 4096 };
const churns = [0.001, 0.01, 0.1, 1];
const benches = ["churn", "store", "refill", "build", "hot", "large", "recovery", "flink"] as const;
const counts = ["keys", "records", "valueBytes", "memoryMb", "checkpointMs", "hotKeys"] as const;
const { what, given } = orUsage(usage, () => {
  const [name = "churn", text = "{}"] = process.argv.slice(2);
  return { what: oneOf("bench:state", name, benches), given: givenOptions(text) };
});

switch (what) {
  case "churn": {
    const points = [];
    for (const keys of given.keys === undefined ? [1_000_000, 10_000_000] : [given.keys]) points.push(...(await measureChurn(keys, churns)));
    console.table(points.map(({ keys, churn, bytes, ...times }) => ({ keys, churn: `${churn * 100} %`, MB: bytes / 1e6, ...times })));
    if (given.keys === undefined) await writeFile(join(import.meta.dirname, "state/churn.svg"), churnPlot(points));
    break;
  }
  case "store":
    console.table([await measureFill({ records: 1_000_000, valueBytes: 200, ...given })]);
    break;
  case "refill":
    console.table([await measureRefill({ records: 2_000_000, valueBytes: 200, ...given })]);
    break;
  case "build":
    await measureJob("big", { ...gigabyte, records: 6_000_000, checkpointMs: 1000, ...given });
    break;
  case "hot":
    await measureJob("hot", { keys: 100_000, records: 30_000_000, memoryMb: 1024, checkpointMs: 1000, ...given });
    break;
  case "large":
    await measureJob("big", { keys: 20_000_000, valueBytes: 16, records: 21_000_000, memoryMb: 1024, checkpointMs: 10_000, ...given });
    break;
  case "recovery":
    console.table(await recoveries({ ...gigabyte, ...given }, { flink: false }));
    break;
  case "flink":
    console.table(await recoveries({ ...gigabyte, ...given }, { flink: true }));
    console.table(await churnOfJobs({ keys: 1_000_000, valueBytes: 16, memoryMb: 4096, ...given }, churns));
    break;
}

/** Counts, and for jobs that are measured the directory to keep and the backend. */
function givenOptions(text: string): { readonly [name in (typeof counts)[number]]?: number } {
  const given: unknown = JSON.parse(text);
  if (typeof given !== "object" || given === null) throw new Error(`options are a JSON object, not ${text}`);
  for (const [name, value] of Object.entries(given)) {
    const known = oneOf("an option", name, [...counts, "keep", "backend"]);
    if (known === "backend") oneOf(known, String(value), ["disk", "heap"]);
    else if (known !== "keep") whole(known, JSON.stringify(value));
  }
  return given;
}

/** In a process of its own, so that its peak of memory is its own. */
function measureJob(job: string, options: object): Promise<void> {
  const argv = ["--conditions=millrace-source", join(import.meta.dirname, "state/measure-job.ts"), job, JSON.stringify(options)];
  const child = spawn(process.execPath, argv, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}
