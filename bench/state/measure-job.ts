import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { resourceUsage } from "node:process";
import { type JobEvent, startJob } from "millrace";
import { bigStateJob, hotCountJob } from "./job.ts";

const [what, text = "{}"] = process.argv.slice(2);
const options = JSON.parse(text) as {
  keys: number;
  valueBytes: number;
  records: number;
  hotKeys?: number;
  memoryMb: number;
  checkpointMs: number;
  keep?: string;
  backend?: "heap";
};
const directory = options.keep ?? (await mkdtemp(join(tmpdir(), "millrace-bench-")));
const delay = monitorEventLoopDelay({ resolution: 1 });
const cpu = process.cpuUsage();
let lastSecond = performance.now();
let lastSeen = 0;
const seen = (record: number): void => {
  const now = performance.now();
  if (now - lastSecond < 2000) return;
  process.stderr.write(
    `${record} records, ${Math.round((record - lastSeen) / (now - lastSecond))} k/s, rss ${Math.round(process.memoryUsage().rss / 1e6)} MB, stall p99 ${(delay.percentile(99) / 1e6).toFixed(1)} max ${(delay.max / 1e6).toFixed(1)} ms\n`,
  );
  delay.reset();
  lastSecond = now;
  lastSeen = record;
};
const job = what === "hot" ? hotCountJob({ ...options, seen }) : bigStateJob({ ...options, seen });
const start = performance.now();
delay.enable();
const handle = await startJob(job, {
  stateDir: join(directory, "state"),
  memoryBytes: options.memoryMb * 2 ** 20,
  checkpointIntervalMs: options.checkpointMs,
  ...(options.backend === undefined ? {} : { backend: options.backend }),
});
let checkpoints = 0;
handle.on((event: JobEvent) => {
  if (event.kind === "checkpointCompleted") {
    checkpoints++;
    process.stderr.write(`checkpoint ${event.checkpointId}: ${Math.round(event.durationMs)} ms, ${(event.bytes / 1e6).toFixed(1)} MB\n`);
  } else if (event.kind === "restarting" || event.kind === "warning")
    process.stderr.write(`${JSON.stringify(event)} ${String((event as { error?: unknown }).error)}\n`);
});
await handle.finished;
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    what,
    ...options,
    seconds: Number(seconds.toFixed(2)),
    recordsPerSecond: Math.round(options.records / seconds),
    cpuUsPerRecord: Number(((user + system) / options.records).toFixed(2)),
    peakRssMb: Math.round(resourceUsage().maxRSS / 1024),
    checkpoints,
  }),
);
if (options.keep === undefined) await rm(directory, { recursive: true, force: true });
