import type { Json } from "@millrace/core";

/**
 * A program with an exact sequence of input steps, and everything that Apache Flink emitted for them. Times are
 * milliseconds; the least and the greatest long are "min" and "max"; a finite number past ±2^53 is a string.
 */
export interface SemanticsCase {
  readonly id: string;
  readonly kind: string;
  readonly spec: { readonly [name: string]: Json };
  readonly input: readonly CaseStep[];
  readonly output: readonly TraceEntry[];
  readonly end?: CaseEnd;
}

/** One input step; which fields are there says what it is. */
export interface CaseStep {
  /** An element; `ts` is its timestamp, null or absent for none. */
  readonly e?: CaseElement;
  readonly ts?: CaseTime | null;
  readonly wm?: CaseTime;
  readonly status?: "idle" | "active";
  /** Processing time is now this, and all timers up to it have fired. */
  readonly pt?: number;
  /** The input or channel. */
  readonly in?: number;
  readonly [name: string]: Json | CaseElement | undefined;
}

export interface CaseElement {
  readonly k?: string;
  readonly id?: number;
  readonly v?: CaseTime;
  readonly ops?: readonly Json[];
  readonly [name: string]: Json | undefined;
}

export type CaseTime = number | string;

/** A record, a record of a side output, a watermark, a status, or an error; `at` is the index of the step that caused it. */
export interface TraceEntry {
  readonly v?: Json;
  readonly side?: string;
  readonly ts?: CaseTime | null;
  readonly at?: number;
  /** The time of the event-time (`et`) or processing-time (`pt`) timer that was firing. */
  readonly et?: CaseTime;
  readonly pt?: CaseTime;
  readonly wm?: CaseTime;
  readonly status?: "idle" | "active";
  readonly error?: { readonly phase: "build" | "run"; readonly type?: string; readonly message?: string };
  readonly [name: string]: unknown;
}

export interface CaseEnd {
  readonly lateDropped?: number;
  readonly stateEmpty?: boolean;
  readonly eventTimers?: number;
  readonly processingTimers?: number;
}

/** What this engine did with a case. */
export interface CaseResult {
  readonly output: readonly TraceEntry[];
  readonly end?: CaseEnd;
}

/** A time as cases write it. Infinities stand for the least and the greatest long. */
export function timeToCase(time: number): CaseTime {
  if (time === Number.NEGATIVE_INFINITY) return "min";
  if (time === Number.POSITIVE_INFINITY) return "max";
  return Math.abs(time) > 2 ** 53 ? BigInt(time).toString() : time;
}

export function timeFromCase(time: CaseTime): number {
  if (time === "min") return Number.NEGATIVE_INFINITY;
  if (time === "max") return Number.POSITIVE_INFINITY;
  return Number(time);
}
