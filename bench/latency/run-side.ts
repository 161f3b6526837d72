/** One latency run in a process of its own: `node run-side.ts ORDER`, the order as JSON; prints the quantiles as JSON. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startJob } from "millrace";
import { bareCrossing } from "./bare-crossing.ts";
import crossingJob from "./crossing-job.ts";
import { bareLoop, type LatencyJob, latencyJob, type Shape } from "./jobs.ts";
import { Latencies, type Quantiles } from "./latencies.ts";
import { nowNanos, Schedule } from "./schedule.ts";

export interface LatencyOrder {
  readonly side: "millrace" | "bare";
  readonly shape: Shape;
  readonly keys: number;
  /** Two subtasks in two threads; what comes to the second one is measured. */
  readonly crossing: boolean;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly backend: "heap" | "disk";
  readonly checkpointIntervalMs: number;
}

const order = JSON.parse(process.argv[2] ?? "") as LatencyOrder;
const { shape, keys, crossing, ratePerSecond, seconds, warmSeconds, backend, checkpointIntervalMs } = order;
// Starting a job takes less than a second; that is warm-up too.
const warmUntilNanos = nowNanos() + (warmSeconds + 1) * 1e9;
const latencies = new Latencies(warmUntilNanos);
const job: LatencyJob = { shape, keys, schedule: new Schedule(ratePerSecond, seconds), latencies };

if (order.side === "bare" && crossing) {
  console.log(JSON.stringify(await bareCrossing({ keys, ratePerSecond, seconds, warmUntilNanos })));
} else if (order.side === "bare") {
  const step = bareLoop(job);
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const until = performance.now() + 4;
      let more = true;
      while (more && performance.now() < until) more = step();
      if (more) setImmediate(turn);
      else resolve();
    };
    turn();
  });
  console.log(JSON.stringify(latencies.quantiles()));
} else {
  const directory = await mkdtemp(join(tmpdir(), "millrace-latency-"));
  try {
    console.log(JSON.stringify(await (crossing ? runCrossing(directory) : runInThread(directory))));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runInThread(stateDir: string): Promise<Quantiles> {
  const handle = await startJob(latencyJob(job), { stateDir, backend, checkpointIntervalMs });
  await handle.finished;
  return latencies.quantiles();
}

async function runCrossing(directory: string): Promise<Quantiles> {
  const out = join(directory, "quantiles.json");
  const handle = await startJob(crossingJob, {
    stateDir: join(directory, "state"),
    backend,
    checkpointIntervalMs,
    parallelism: 2,
    module: import.meta.resolve("./crossing-job.ts"),
    parameters: { keys, rate: ratePerSecond, seconds, warmUntilNanos, out },
  });
  await handle.finished;
  return JSON.parse(await readFile(out, "utf8")) as Quantiles;
}
