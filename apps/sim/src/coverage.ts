import type { SeedResult } from "./run-seed.ts";

/** What a thousand seeds meet some dozens of times, as long as the engine does it at all: nobody misses it in a single run. */
const USUAL: readonly string[] = [
  "checkpoint held",
  "checkpoint named",
  "drain done",
  "firing restored",
  "records restored under way",
  "rescale done",
  "restart",
  "savepoint done",
  "stopWithSavepoint done",
];
const MANY_SEEDS = 1_000;

/** What the seeds so far have exercised: how often each operator ran, each fault came true, each end was met. */
export class Coverage {
  readonly branches = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly ends = new Map<string, number>();
  checkpoints = 0;
  restarts = 0;
  lives = 0;
  lulls = 0;
  seeds = 0;

  add(result: SeedResult): void {
    this.seeds++;
    this.lulls += result.lulls;
    for (const branch of result.branches) count(this.branches, branch);
    for (const life of result.lives) {
      this.lives++;
      this.checkpoints += life.checkpoints;
      this.restarts += life.restarts;
      count(this.ends, life.end);
      for (const fault of life.met) count(this.faults, fault);
    }
  }

  /** What should have been met by now and was not. */
  get missing(): readonly string[] {
    return this.seeds < MANY_SEEDS ? [] : USUAL.filter((name) => !this.faults.has(name));
  }

  /** A few lines of text. */
  report(): string {
    const list = (counts: ReadonlyMap<string, number>): string =>
      [...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, n]) => `${name} ${n}`)
        .join(", ");
    return [
      `${this.seeds} seeds, ${this.lives} processes (${list(this.ends)}), ${this.checkpoints} checkpoints, ${this.restarts} restarts, ${this.lulls} lulls passed`,
      `operators: ${list(this.branches)}`,
      `faults: ${list(this.faults)}`,
    ].join("\n");
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
