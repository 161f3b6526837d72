import { Worker } from "node:worker_threads";
import { messageOf } from "@millrace/core";
import type { SourceChange } from "./canaries/plant.ts";
import type { SeedResult } from "./run-seed.ts";

export interface SeedPoolOptions {
  readonly first: number;
  readonly count: number;
  readonly threads: number;
  /** Planted in each thread. */
  readonly changes: readonly SourceChange[];
  /** With the limits of `tighten`. */
  readonly tight: boolean;
  /** Asked before each seed: no further one is begun. */
  readonly isOver: () => boolean;
}

export type SeedThreadData = Pick<SeedPoolOptions, "changes" | "tight">;

/** What lives for a moment, and is much in a simulation, is collected a quarter as often as by default: 4 % of the time. */
const YOUNG_MB = 192;

/**
 * Runs seeds on several threads, dealt out in their order to whichever thread is free, and gives the results in that order, whatever the
 * threads do. Rejects with the seed when one ends its thread. The threads end with the iteration.
 */
export async function* seedResults({ first, count, threads, changes, tight, isOver }: SeedPoolOptions): AsyncGenerator<SeedResult> {
  const waiting = new Map<number, PromiseWithResolvers<SeedResult>>();
  let next = first;
  const deal = (thread: Worker): number | undefined => {
    if (next >= first + count || isOver()) return undefined;
    const seed = next++;
    const result = Promise.withResolvers<SeedResult>();
    // Its turn may not have come yet.
    result.promise.catch(() => undefined);
    waiting.set(seed, result);
    thread.postMessage(seed);
    return seed;
  };
  const start = (): Worker => {
    const thread = new Worker(new URL("seed-thread.ts", import.meta.url), {
      workerData: { changes, tight } satisfies SeedThreadData,
      execArgv: ["--conditions=millrace-source"],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    let seed = deal(thread);
    const died = (why: string, cause?: unknown): void =>
      waiting.get(seed ?? -1)?.reject(new Error(`seed ${seed} ended its thread: ${why}`, { cause }));
    thread.on("message", (result: SeedResult) => {
      waiting.get(result.seed)?.resolve(result);
      seed = deal(thread);
    });
    thread.on("error", (error) => died(messageOf(error), error));
    thread.on("exit", (code) => died(`exit code ${code}`));
    return thread;
  };
  const pool = Array.from({ length: Math.min(threads, count) }, start);
  try {
    for (let seed = first; seed < next; seed++) {
      yield await (waiting.get(seed) as PromiseWithResolvers<SeedResult>).promise;
      waiting.delete(seed);
    }
  } finally {
    await Promise.all(pool.map((thread) => thread.terminate()));
  }
}
