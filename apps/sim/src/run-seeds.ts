import { Coverage } from "./coverage.ts";
import type { SeedDone } from "./hunt.ts";
import { type SeedPoolOptions, seedResults } from "./seed-pool.ts";

const SEEDS_PER_REPORT = 1_000;

export interface SeedsOptions extends Omit<SeedPoolOptions, "isOver"> {
  /** A bug is planted: end with success at the first seed that finds it. */
  readonly untilFound: boolean;
}

/** Exit codes of a process that a signal has ended. */
const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs seeds and tells of those that fail, in their order. A signal ends it after the seeds under way, with what has been covered.
 * Returns the exit code.
 */
export async function runSeeds({ untilFound, ...seeds }: SeedsOptions): Promise<number> {
  const { first, count } = seeds;
  const coverage = new Coverage();
  let failed = 0;
  let interrupted: keyof typeof INTERRUPTED | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      interrupted = signal;
    });
  }
  for await (const result of seedResults({ ...seeds, isOver: () => interrupted !== undefined })) {
    const { seed } = result;
    if (process.stdout.isTTY && seed % 10 === 0) process.stdout.write(`\rseed ${seed}, ${seed - first} of ${count} `);
    coverage.add(result);
    process.send?.({ seed } satisfies SeedDone);
    if (result.fault !== undefined) {
      failed++;
      if (untilFound) {
        print(`seed ${seed}, the ${seed - first + 1}th: ${result.fault.slice(0, 200)}`);
        return 0;
      }
      print(
        `seed ${seed} FAILED (trace ${result.traceHash}): ${result.fault}\n  again with: pnpm sim ${seeds.tight ? "--tight " : ""}--seed ${seed}`,
      );
    }
    if (coverage.seeds % SEEDS_PER_REPORT === 0 && seed + 1 < first + count) print(coverage.report());
  }
  print(coverage.report());
  print(`${coverage.seeds - failed} passed, ${failed} failed`);
  if (interrupted !== undefined) return INTERRUPTED[interrupted];
  if (coverage.missing.length > 0) {
    print(`in ${coverage.seeds} seeds there was never: ${coverage.missing.join(", ")}`);
    return untilFound ? 0 : 1;
  }
  return untilFound || failed > 0 ? 1 : 0;
}

function print(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? "\r" : ""}${line}\n`);
}
