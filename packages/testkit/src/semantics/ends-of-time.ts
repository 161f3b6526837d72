import { type Json, TIME_LIMIT } from "@millrace/core";
import type { TraceEntry } from "./case.ts";

/** What a window emitted, with the times near the beginning and the end of time that Flink gives it. */
export function atFlinksEnds(entry: TraceEntry): TraceEntry {
  return fromEndsOfTime({ ...entry, ...timestampInFlink(entry) }) as TraceEntry;
}

/** A late record without a timestamp stays without one in Flink's window operator, and results have one, be it the least long, which is none here. */
function timestampInFlink({ side, ts }: TraceEntry): Pick<TraceEntry, "ts"> {
  if (side === "late" && ts === "min") return { ts: null };
  return side === undefined && ts === null ? { ts: "min" } : {};
}

/**
 * Time begins at −2^63 and ends before 2^63 in Flink, at −2^53 and 2^53 here. A session of a record without a timestamp lies
 * at its beginning; near its end lie the ends of windows whose records may be late for ever.
 */
function fromEndsOfTime(value: Json): Json {
  if (typeof value === "number") {
    if (value < -TIME_LIMIT + NEAR_MS) return (BigInt(value) + 2n ** 53n - 2n ** 63n).toString();
    return value > TIME_LIMIT - NEAR_MS ? (BigInt(value) - 2n ** 53n + 2n ** 63n).toString() : value;
  }
  if (Array.isArray(value)) return value.map(fromEndsOfTime);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fromEndsOfTime(field)]));
}

const NEAR_MS = 2 ** 32;
