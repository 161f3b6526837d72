import { expect, test } from "vitest";
import { checkOptions } from "./check-options.ts";
import type { StartOptions } from "./job-handle.ts";

const refusals: readonly (readonly [StartOptions, string])[] = [
  [{ checkpointIntervalMs: Number.NaN }, "checkpointIntervalMs (--checkpoint-interval) must be a number from 1, not NaN"],
  [{ checkpointIntervalMs: "10s" as unknown as number }, 'checkpointIntervalMs (--checkpoint-interval) must be a number from 1, not "10s"'],
  [{ checkpointIntervalMs: 0 }, "checkpointIntervalMs (--checkpoint-interval) must be a number from 1, not 0"],
  [{ checkpointTimeoutMs: Number.POSITIVE_INFINITY }, "checkpointTimeoutMs (--checkpoint-timeout) must be a number from 1, not Infinity"],
  [{ minPauseMs: -1 }, "minPauseMs must be a number from 0, not -1"],
  [{ alignmentTimeoutMs: -1 }, "alignmentTimeoutMs (--alignment-timeout) must be a number from 0, not -1"],
  [{ tolerableFailures: 1.5 }, "tolerableFailures must be a whole number from 0, or Infinity, not 1.5"],
  [{ retained: 0 }, "retained (--retained) must be a whole number from 1, not 0"],
  [{ retained: Number.POSITIVE_INFINITY }, "retained (--retained) must be a whole number from 1, not Infinity"],
  [{ memoryBytes: null as unknown as number }, "memoryBytes (--memory) must be a whole number from 1, not null"],
  [{ batchSize: 0 }, "batchSize (--batch-size) must be a whole number from 1, not 0"],
  [{ restart: { kind: "fixedDelay", attempts: -1, delayMs: 1 } }, "restart.attempts must be a whole number from 0, or Infinity, not -1"],
  [{ restart: { kind: "fixedDelay", attempts: 1 } } as unknown as StartOptions, "restart.delayMs must be a number from 0, not undefined"],
  [{ restart: { kind: "exponentialDelay", initialDelayMs: 1, maxDelayMs: 2, factor: 0.5 } }, "restart.factor must be a number from 1, not 0.5"],
  [{ backend: "dsk" as "disk" }, 'backend must be one of heap, disk, not "dsk"'],
  [{ checkpointMode: "atLeastOnce" as "exactly-once" }, 'checkpointMode must be one of exactly-once, at-least-once, not "atLeastOnce"'],
  [
    { restart: { kind: "always" } } as unknown as StartOptions,
    'restart.kind must be one of none, fixedDelay, exponentialDelay, failureRate, not "always"',
  ],
];

test.each(refusals)("%o is refused", (given, message) => {
  expect(() => checkOptions("numbers", given)).toThrow(expect.objectContaining({ code: "JOB_OPTION", message, where: { job: "numbers" } }));
});

test.each<StartOptions>([
  {},
  { checkpointIntervalMs: 1, minPauseMs: 0, checkpointTimeoutMs: 600_000, alignmentTimeoutMs: null, retained: 1, batchSize: 1, memoryBytes: 1 },
  { checkpointIntervalMs: 0.5 + 1, alignmentTimeoutMs: 0, tolerableFailures: Number.POSITIVE_INFINITY },
  { restart: { kind: "none" } },
  { restart: { kind: "fixedDelay", attempts: Number.POSITIVE_INFINITY, delayMs: 0 } },
  { restart: { kind: "exponentialDelay", initialDelayMs: 0, maxDelayMs: 60_000, factor: 1 } },
  { restart: { kind: "failureRate", failures: 3, intervalMs: 60_000, delayMs: 1_000 } },
])("%o is taken", (given) => {
  expect(() => checkOptions("numbers", given)).not.toThrow();
});
