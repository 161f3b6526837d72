import { startJob } from "millrace";
import { bigStateJob } from "./job.ts";

const [stateDir = "", text = "{}"] = process.argv.slice(2);
const { keys, valueBytes, memoryMb, until } = JSON.parse(text) as { keys: number; valueBytes: number; memoryMb: number; until: number };
let first = true;
let built = false;
const job = bigStateJob({
  keys,
  valueBytes,
  records: undefined,
  // A restart is watched at a steady rate, as a service runs.
  ...(until === 0 ? { ratePerSecond: 50_000 } : {}),
  every: 64,
  seen: (record) => {
    if (first) process.stdout.write("output\n");
    first = false;
    built = until > 0 && record >= until;
  },
});
const handle = await startJob(job, { stateDir, memoryBytes: memoryMb * 2 ** 20, checkpointIntervalMs: 1000 });
handle.on((event) => {
  if (event.kind === "checkpointCompleted" && built) process.stdout.write("built\n");
  if (event.kind === "restarting") process.stderr.write(`${String(event.error)}\n`);
});
await handle.finished;
