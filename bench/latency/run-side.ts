/** One latency run in a process of its own: `node run-side.ts ORDER`, the order as JSON; prints the quantiles as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startJob } from "millrace";
import { bareLoop, type LatencyJob, latencyJob, type Shape } from "./jobs.ts";
import { Latencies } from "./latencies.ts";
import { nowNanos, Schedule } from "./schedule.ts";

export interface LatencyOrder {
  readonly side: "millrace" | "bare";
  readonly shape: Shape;
  readonly keys: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly backend: "heap" | "disk";
  readonly checkpointIntervalMs: number;
}

const order = JSON.parse(process.argv[2] ?? "") as LatencyOrder;
const { shape, keys, ratePerSecond, seconds, warmSeconds, backend, checkpointIntervalMs } = order;
// Starting a job takes less than a second; that is warm-up too.
const latencies = new Latencies(nowNanos() + (warmSeconds + 1) * 1e9);
const job: LatencyJob = { shape, keys, schedule: new Schedule(ratePerSecond, seconds), latencies };

if (order.side === "bare") {
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
} else {
  const stateDir = await mkdtemp(join(tmpdir(), "millrace-latency-"));
  try {
    const handle = await startJob(latencyJob(job), { stateDir, backend, checkpointIntervalMs });
    await handle.finished;
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}
console.log(JSON.stringify(latencies.quantiles()));
