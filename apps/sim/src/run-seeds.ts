import { Coverage } from "./coverage.ts";
import type { SeedDone } from "./hunt.ts";
import { runSeed } from "./run-seed.ts";

const SEEDS_PER_REPORT = 1_000;

export interface SeedsOptions {
  readonly first: number;
  readonly count: number;
  /** A bug is planted: end with success at the first seed that finds it. */
  readonly untilFound: boolean;
}

/** Exit codes of a process that a signal has ended. */
const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs seeds one after the other and tells of those that fail. A signal ends it after the seed under way, with what has been covered.
 * Returns the exit code.
 */
export async function runSeeds({ first, count, untilFound }: SeedsOptions): Promise<number> {
  const coverage = new Coverage();
  let failed = 0;
  let interrupted: keyof typeof INTERRUPTED | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted = signal;
    });
  }
  for (let seed = first; seed < first + count && interrupted === undefined; seed++) {
    if (process.stdout.isTTY && seed % 10 === 0) process.stdout.write(`\rseed ${seed}, ${seed - first} of ${count} `);
    const result = await runSeed(seed);
    coverage.add(result);
    process.send?.({ seed } satisfies SeedDone);
    if (result.fault !== undefined) {
      failed++;
      if (untilFound) {
        print(`seed ${seed}, the ${seed - first + 1}th: ${result.fault.slice(0, 200)}`);
        return 0;
      }
      print(`seed ${seed} FAILED (trace ${result.traceHash}): ${result.fault}\n  again with: pnpm sim --seed ${seed}`);
    }
    if (coverage.seeds % SEEDS_PER_REPORT === 0 && seed + 1 < first + count) print(coverage.report());
  }
  print(coverage.report());
  print(`${coverage.seeds - failed} passed, ${failed} failed`);
  if (interrupted !== undefined) return INTERRUPTED[interrupted];
  return untilFound || failed > 0 ? 1 : 0;
}

/** One seed, told; and once more, to see that nothing but the seed decides. */
export async function tellSeed(seed: number): Promise<number> {
  const result = await runSeed(seed);
  for (const line of result.story) print(line);
  print(`trace ${result.traceHash} over ${result.events} events`);
  print(result.fault === undefined ? "every result was published exactly once" : `FAILED: ${result.fault}`);
  const again = await runSeed(seed);
  const same = again.traceHash === result.traceHash && again.events === result.events;
  print(same ? "replayed bit for bit" : `NOT REPLAYED: the second run has trace ${again.traceHash} over ${again.events} events`);
  return result.fault === undefined && same ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? "\r" : ""}${line}\n`);
}
