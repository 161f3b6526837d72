import type { RestartStrategy } from "@millrace/checkpoint";
import { isInRange, MillraceError, type NumberRange, rangeText } from "@millrace/core";
import type { StartOptions } from "./job-handle.ts";

/** What an option may be. */
interface Numbers extends NumberRange {
  /** As which `millrace run` takes it. */
  readonly flag?: string;
}

function count(from: number, flag?: string): Numbers {
  return { from, to: Number.MAX_SAFE_INTEGER, whole: true, ...(flag !== undefined && { flag }) };
}

function milliseconds(from: number, flag?: string): Numbers {
  return { from, to: Number.MAX_SAFE_INTEGER, whole: false, ...(flag !== undefined && { flag }) };
}

/** How often something may happen; Infinity: as often as it likes. */
const times: Numbers = { from: 0, to: Number.POSITIVE_INFINITY, whole: true };

/** What is one of a few words. */
const words = {
  checkpointMode: ["exactly-once", "at-least-once"],
  backend: ["heap", "disk"],
} satisfies { readonly [O in keyof StartOptions]: readonly NonNullable<StartOptions[O]>[] };

/** The numbers of parallelism are checked with the plan, `threads` with the module. */
const options = {
  checkpointIntervalMs: milliseconds(1, "--checkpoint-interval"),
  minPauseMs: milliseconds(0),
  checkpointTimeoutMs: milliseconds(1, "--checkpoint-timeout"),
  alignmentTimeoutMs: milliseconds(0, "--alignment-timeout"),
  tolerableFailures: times,
  retained: count(1, "--retained"),
  memoryBytes: count(1, "--memory"),
  batchSize: count(1, "--batch-size"),
} satisfies { readonly [O in keyof StartOptions]: Numbers };

const strategies: { readonly [K in RestartStrategy["kind"]]: { readonly [option: string]: Numbers } } = {
  none: {},
  fixedDelay: { attempts: times, delayMs: milliseconds(0) },
  exponentialDelay: {
    initialDelayMs: milliseconds(0),
    maxDelayMs: { ...milliseconds(0), to: Number.POSITIVE_INFINITY },
    factor: { from: 1, to: Number.MAX_VALUE, whole: false },
    resetAfterMs: { ...milliseconds(0), to: Number.POSITIVE_INFINITY },
  },
  failureRate: { failures: times, intervalMs: milliseconds(0), delayMs: milliseconds(0) },
};

/**
 * Throws JOB_OPTION for a number or a word that can't be: unchecked, it would do nothing, silently, or end the job much later.
 */
export function checkOptions(job: string, given: StartOptions): void {
  for (const [name, numbers] of Object.entries(options)) {
    const value: unknown = given[name as keyof typeof options];
    if (value === null && name === "alignmentTimeoutMs") continue;
    checkNumber(job, name, value, numbers);
  }
  for (const [name, allowed] of Object.entries(words)) {
    const value: unknown = given[name as keyof typeof words];
    if (value !== undefined && !allowed.some((word) => word === value)) throw refused(job, name, `one of ${allowed.join(", ")}`, value);
  }
  if (given.restart === undefined) return;
  const restart = Object(given.restart) as { readonly kind?: unknown; readonly [option: string]: unknown };
  const strategy = Object.entries(strategies).find(([kind]) => kind === restart.kind)?.[1];
  if (strategy === undefined) throw refused(job, "restart.kind", `one of ${Object.keys(strategies).join(", ")}`, restart.kind);
  for (const [name, numbers] of Object.entries(strategy)) {
    const value = restart[name];
    // All but one have no default.
    if (value === undefined && name !== "resetAfterMs") throw refused(job, `restart.${name}`, rangeText(numbers), value);
    checkNumber(job, `restart.${name}`, value, numbers);
  }
}

function checkNumber(job: string, name: string, value: unknown, numbers: Numbers): void {
  if (value === undefined) return;
  const { flag } = numbers;
  if (!isInRange(value, numbers)) throw refused(job, flag === undefined ? name : `${name} (${flag})`, rangeText(numbers), value);
}

function refused(job: string, name: string, possible: string, value: unknown): MillraceError {
  const given = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new MillraceError("JOB_OPTION", `${name} must be ${possible}, not ${given}`, {
    where: { job },
    hint: "nothing was started: give what fits, or leave the option out for its default",
  });
}
