import { parseArgs } from "node:util";
import { startJob } from "millrace";
import { whole } from "../option-values.ts";
import { orUsage } from "../usage.ts";
import job from "./stuck-job.ts";

const usage = `node --conditions=millrace-source bench/exchange/quiet.ts [--seconds 60]

Memory of two workers under a stopped sink, with a source at full speed, and the processor time of two workers that have almost
nothing to do. Exit code 1 when memory grows or they spin.`;

const seconds = orUsage(usage, () => {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
  return whole("--seconds", values.seconds);
});
const module = new URL("./stuck-job.ts", import.meta.url).href;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const megabytes = (): number => process.memoryUsage().rss / (1 << 20);

async function running<T>(idle: boolean, measure: () => Promise<T>): Promise<T> {
  const started = await startJob(job, { ephemeral: true, parallelism: 2, module, parameters: { idle } });
  await pause(5_000);
  try {
    return await measure();
  } finally {
    await started.cancel();
  }
}

const memory = await running(false, async () => {
  const begin = megabytes();
  let most = begin;
  for (let second = 0; second < seconds; second++) {
    await pause(1_000);
    most = Math.max(most, megabytes());
  }
  return { begin, most, end: megabytes() };
});
console.log(
  `stopped sink, ${seconds} s: rss ${memory.begin.toFixed(0)} MB at first, at most ${memory.most.toFixed(0)}, at last ${memory.end.toFixed(0)}`,
);

const idleShare = await running(true, async () => {
  const before = process.cpuUsage();
  await pause(10_000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10_000_000;
});
console.log(`a record a second: ${(idleShare * 100).toFixed(2)} % of a core`);

process.exit(memory.end <= memory.begin * 1.1 && idleShare < 0.01 ? 0 : 1);
