import { stress } from "../packages/runtime/test/exchange/stress.ts";

// `pnpm soak:exchange [--minutes 10] [--seed N]`: threads that send to each other through channels of the least capacity,
// with random delays, again and again with other seeds. Stops at the first thing that is lost, out of order or stuck.

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};

const endMs = performance.now() + option("minutes", 10) * 60_000;
let seed = option("seed", Date.now() % 100_000);
let rounds = 0;
for (; performance.now() < endMs; seed++, rounds++) {
  const threads = 2 + (seed % 3);
  const sizes = seed % 2 === 0 ? { bounds: { records: 1, bytes: 1 }, ringBytes: 4_096 } : { ringBytes: 65_536 };
  await stress({ threads, edges: 1 + (seed % 4), elements: 400, seed, sizes }, 120_000);
  process.stdout.write(`\r${rounds + 1} rounds, seed ${seed}`);
}
process.stdout.write(`\n${rounds} rounds: nothing lost, doubled, out of order or stuck\n`);
