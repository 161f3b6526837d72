import { parseArgs } from "node:util";
import { duration, oneOf, whole, wholes } from "../../bench/option-values.ts";
import { checkTarget } from "./targets.ts";

export const usage = `pnpm torture [--rounds 100] [--seed N] [--jobs flights,flights-small,logs,upgrade,random-1,random-2-of-5000,…] [--parallelism 1,2,3] [--threads off|64] [--alignment 5s|never] [--timeout 10m,40ms] [--backend disk|heap] [--interval 150ms] [--keep]

Kills each job with SIGKILL (anywhere, during restore, checkpoint, commit, base, garbage collection, merges of the local store, and migration), resumes it, and compares its output with a run
that was never killed. Ends with 0 when nothing was lost or doubled, 1 when something was, 2 when the command cannot be run. Example: pnpm torture --rounds 20 --jobs flights-small --seed 7`;

export interface TortureOptions {
  /** Kills, over all jobs. */
  readonly rounds: number;
  readonly seed: number;
  readonly jobs: readonly string[];
  /** Each start draws one. */
  readonly parallelisms: readonly number[];
  readonly threads: string;
  readonly alignment: string;
  /** Each start that is to be killed draws one. */
  readonly timeouts: readonly string[];
  readonly backend: string;
  readonly interval: string;
  readonly keep: boolean;
}

export function readOptions(): TortureOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "100" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      jobs: { type: "string", default: "flights,logs" },
      parallelism: { type: "string", default: "1" },
      threads: { type: "string", default: "64" },
      alignment: { type: "string", default: "5s" },
      timeout: { type: "string", default: "10m" },
      backend: { type: "string", default: "disk" },
      interval: { type: "string", default: "150ms" },
      keep: { type: "boolean", default: false },
    },
  });
  const jobs = values.jobs.split(",");
  for (const job of jobs) checkTarget(job);
  return {
    rounds: whole("--rounds", values.rounds),
    seed: whole("--seed", values.seed, 0),
    jobs,
    parallelisms: wholes("--parallelism", values.parallelism, 1, 720),
    threads: values.threads === "off" ? "off" : String(whole("--threads", values.threads)),
    alignment: values.alignment === "never" ? "never" : duration("--alignment", values.alignment),
    timeouts: values.timeout.split(",").map((timeout) => duration("--timeout", timeout)),
    backend: oneOf("--backend", values.backend, ["disk", "heap"]),
    interval: duration("--interval", values.interval),
    keep: values.keep,
  };
}
