import { parseArgs } from "node:util";
import { positive, whole } from "../bench/option-values.ts";
import { orUsage } from "../bench/usage.ts";
import { stress } from "../packages/runtime/test/exchange/stress.ts";
import { runNarrow } from "../test/engine/threads/narrow-run.ts";

const usage = `pnpm soak:exchange [--minutes 10] [--seed N] [--jobs]

Threads that send to each other through channels of the least capacity, with random delays, again and again with other seeds.
--jobs: whole random jobs over such channels, whose output is compared with that of ordinary ones. Stops at the first thing that
is lost, doubled, out of order or stuck.`;

const { minutes, first, jobs } = orUsage(usage, () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Date.now() % 100_000) },
      jobs: { type: "boolean", default: false },
    },
  });
  return { minutes: positive("--minutes", values.minutes), first: whole("--seed", values.seed, 0), jobs: values.jobs };
});

const endMs = performance.now() + minutes * 60_000;
let seed = first;
for (; performance.now() < endMs; seed++) {
  await (jobs ? runNarrow(seed, 300, 120_000) : threads(seed));
  process.stdout.write(`\r${seed - first + 1} rounds, seed ${seed}`);
}
process.stdout.write(`\n${seed - first} rounds: nothing lost, doubled, out of order or stuck\n`);
process.exit(0);

function threads(seed: number): Promise<void> {
  const sizes = seed % 2 === 0 ? { bounds: { records: 1, bytes: 1 }, ringBytes: 4_096 } : { ringBytes: 65_536 };
  return stress({ threads: 2 + (seed % 3), edges: 1 + (seed % 4), elements: 400, seed, sizes }, 120_000);
}
