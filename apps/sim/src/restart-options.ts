import type { StartOptions } from "millrace";
import { ATTEMPTS, patient } from "./options.ts";
import { apart } from "./world/apart.ts";

type Strategy = NonNullable<StartOptions["restart"]>;

const HOUR = 3_600_000;

/**
 * In some seeds a failed job begins again as long as it does not fail too often in a while, in some after longer and longer, in some never: the next
 * process goes on. Drawn apart from all else.
 */
export function withRestart(options: StartOptions, seed: number): StartOptions {
  if (apart(seed, "noRestart").oneIn(15)) return { ...options, restart: { kind: "none" } };
  const chance = apart(seed, "restart");
  const delayMs = chance.scale(20);
  if (chance.oneIn(3)) return { ...options, restart: { kind: "failureRate", failures: ATTEMPTS, intervalMs: HOUR, delayMs } };
  // One whose checkpoints take too long fails again and again, which the others bear for ever.
  if (options.checkpointTimeoutMs !== patient.checkpointTimeoutMs || !chance.oneIn(2)) return options;
  if (chance.oneIn(2))
    return { ...options, restart: { kind: "failureRate", failures: chance.between(1, 3), intervalMs: chance.between(1, 300), delayMs } };
  const health = chance.oneIn(2) ? {} : { resetAfterMs: chance.between(1, 100) };
  const factor = chance.pick([1, 1.5, 4]);
  return { ...options, restart: { kind: "exponentialDelay", initialDelayMs: delayMs, maxDelayMs: delayMs + chance.below(200), factor, ...health } };
}

/** Whether a job that fails whenever it is started is started some times, and no more. */
export function hasFewRestarts(restart: Strategy | undefined): boolean {
  return restart?.kind === "fixedDelay" || (restart?.kind === "failureRate" && restart.intervalMs === HOUR);
}
