import { assert } from "./assert.ts";
import { MillraceError } from "./errors.ts";
import type { Json } from "./json.ts";

/**
 * Time is a count of milliseconds since 1970-01-01T00:00:00Z, an integer within ±2^53.
 * The infinities are watermarks only: before the first one, and after the last record.
 */
export const WATERMARK_MIN: number = Number.NEGATIVE_INFINITY;
export const WATERMARK_MAX: number = Number.POSITIVE_INFINITY;

/** The timestamp of a record that has none. It compares below every real time, as Flink's Long.MIN_VALUE does. */
export const NO_TIMESTAMP: number = Number.NEGATIVE_INFINITY;

/** A watermark where JSON is written: JSON has no infinities, so the least and the greatest are "min" and "max". */
export type WatermarkJson = number | "min" | "max";

export function watermarkToJson(watermark: number): WatermarkJson {
  return watermark === WATERMARK_MIN ? "min" : watermark === WATERMARK_MAX ? "max" : watermark;
}

export function watermarkFromJson(json: Json): number {
  if (json === "min") return WATERMARK_MIN;
  if (json === "max") return WATERMARK_MAX;
  assert(typeof json === "number", "a stored watermark is a number, min or max");
  return json;
}

/** The greatest magnitude of a timestamp, in milliseconds. */
export const TIME_LIMIT = Number.MAX_SAFE_INTEGER;

export const milliseconds = (n: number): number => duration(n, 1);
export const seconds = (n: number): number => duration(n, 1_000);
export const minutes = (n: number): number => duration(n, 60_000);
export const hours = (n: number): number => duration(n, 3_600_000);
export const days = (n: number): number => duration(n, 86_400_000);

/**
 * `n` units as whole milliseconds; undefined when they are none. `1.1 * 3_600_000` is 3960000.0000000005: what a product of two
 * doubles is off by is rounded away, what somebody has written, e.g. half a millisecond, is not.
 */
export function wholeMilliseconds(n: number, unitMs: number): number | undefined {
  const ms = n * unitMs;
  const whole = Math.round(ms);
  const offAtMost = Math.max(1e-6, 2 * Number.EPSILON * Math.abs(whole));
  return Number.isSafeInteger(whole) && Math.abs(ms - whole) <= offAtMost ? whole : undefined;
}

function duration(n: number, unitMs: number): number {
  const ms = wholeMilliseconds(n, unitMs);
  if (ms === undefined) {
    throw new MillraceError("TIME_DURATION", `a duration must be a whole number of milliseconds, not ${n} × ${unitMs} ms`, {
      hint: "use a smaller unit, e.g. milliseconds(1500) for one and a half seconds",
    });
  }
  return ms;
}

/**
 * Passes a timestamp of a user's function through, or throws TIME_TIMESTAMP: NaN, strings, Dates, fractions and
 * values past ±2^53 are refused, because comparisons with them would silently make records late or windows wrong.
 */
export function checkTimestamp(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new MillraceError("TIME_TIMESTAMP", `a timestamp must be an integer of milliseconds within ±2^53, not ${describe(value)}`, {
    hint: value instanceof Date ? "return date.getTime()" : "return milliseconds since 1970, e.g. Date.parse(record.at)",
  });
}

/**
 * As `checkTimestamp`. The infinities are times of timers, too: the one at positive infinity fires at the last watermark, one
 * before the first watermark (`currentWatermark()` says so) with the next.
 */
export function checkTimerTime(time: number): number {
  return time === Number.POSITIVE_INFINITY || time === Number.NEGATIVE_INFINITY ? time : checkTimestamp(time);
}

/** Whether something is a whole number of milliseconds, or an infinity, also beyond ±2^53: sums of times and durations may be. */
export function isTime(value: unknown): value is number {
  return Number.isInteger(value) || value === WATERMARK_MIN || value === WATERMARK_MAX;
}

/**
 * Passes a watermark of a user's generator through, or throws TIME_WATERMARK for what is no time. NaN, which rises above nothing and below
 * nothing, would end event time, or let it run ahead of the others, and all that comes behind would be late without a word.
 */
export function checkWatermark(value: unknown): number {
  if (isTime(value)) return value;
  throw new MillraceError("TIME_WATERMARK", `a watermark must be a whole number of milliseconds, or an infinity, not ${describe(value)}`, {
    hint: "emit milliseconds since 1970, and nothing where there is no time yet",
  });
}

function describe(value: unknown): string {
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (value instanceof Date) return "a Date";
  return typeof value === "object" ? (value === null ? "null" : "an object") : String(value);
}
