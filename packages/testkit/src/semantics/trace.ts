import { type Json, messageOf, NO_TIMESTAMP } from "@millrace/core";
import { type TraceEntry, timeToCase } from "./case.ts";

/**
 * Records what a case emits, in order, each with the step and the timer that caused it. The runner calls `step`; the
 * harness calls `timerFires` and `timerDone` around each user timer; a program may call them itself when its firings
 * are not timers.
 */
export interface TraceRecorder {
  readonly entries: readonly TraceEntry[];
  step(at: number): void;
  timerFires(domain: "et" | "pt", time: number): void;
  timerDone(): void;
  record(value: unknown, timestamp: number): void;
  side(name: string, value: unknown, timestamp: number): void;
  watermark(watermark: number): void;
  status(status: "idle" | "active"): void;
  /** Any other entry, e.g. of key groups; `at` is not added. */
  add(entry: TraceEntry): void;
  error(phase: "build" | "run", error: unknown): void;
}

/** What a recorder does with an emitted value; by default the value as JSON, infinities as "min" and "max". */
export interface TraceRecorderOptions {
  readonly valueToJson?: (value: unknown, side: string | undefined) => Json;
}

export function createTraceRecorder(options: TraceRecorderOptions = {}): TraceRecorder {
  const valueToJson = options.valueToJson ?? ((value: unknown) => toCaseJson(value));
  const entries: TraceEntry[] = [];
  let at = -1;
  let timer: { readonly et: number } | { readonly pt: number } | undefined;

  const cause = (): TraceEntry => {
    if (timer === undefined) return { at };
    return "et" in timer ? { at, et: timeToCase(timer.et) } : { at, pt: timeToCase(timer.pt) };
  };

  return {
    entries,
    step(index) {
      at = index;
      timer = undefined;
    },
    timerFires(domain, time) {
      timer = domain === "et" ? { et: time } : { pt: time };
    },
    timerDone() {
      timer = undefined;
    },
    record(value, timestamp) {
      entries.push({ v: valueToJson(value, undefined), ts: timestamp === NO_TIMESTAMP ? null : timeToCase(timestamp), ...cause() });
    },
    // Flink gives a side output of a record without a timestamp the least long as timestamp.
    side(name, value, timestamp) {
      entries.push({ side: name, v: valueToJson(value, name), ts: timeToCase(timestamp), ...cause() });
    },
    watermark(watermark) {
      entries.push({ wm: timeToCase(watermark), at });
    },
    status(status) {
      entries.push({ status, at });
    },
    add(entry) {
      entries.push(entry);
    },
    error(phase, error) {
      const type = error instanceof Error ? error.name : typeof error;
      const described = { error: { phase, type, message: messageOf(error) } };
      entries.push(phase === "run" ? { ...described, at } : described);
    },
  };
}

/** A value as the cases write it: plain JSON, with infinite and very large numbers as strings, missing fields left out. */
export function toCaseJson(value: unknown): Json {
  if (typeof value === "number") return timeToCase(value);
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(toCaseJson);
  if (typeof value !== "object") return value as Json;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, toCaseJson(field)]));
}
