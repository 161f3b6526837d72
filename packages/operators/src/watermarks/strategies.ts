import type { WatermarkAlignment, WatermarkGenerator, WatermarkStrategy } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { createBoundedOutOfOrderness, createNoWatermarks } from "./generators.ts";

/** How a record tells its event time: milliseconds since 1970. `recordTimestamp` is what the source gave, or NO_TIMESTAMP. */
export type TimestampOf<T> = (value: T, recordTimestamp: number) => number;

/** A strategy that can be refined. Every method returns a new one. */
export interface RefinableWatermarkStrategy<T> extends WatermarkStrategy<T> {
  /** Idle after `idlenessMs` without a record, so that it no longer holds back others. 0: never. */
  withIdleness(idlenessMs: number): RefinableWatermarkStrategy<T>;
  /**
   * The source is read no further than `maxDriftMs` of event time beyond the slowest source, subtask or split of `group`.
   * Subtasks say where they are every `updateIntervalMs`.
   */
  withWatermarkAlignment(group: string, maxDriftMs: number, updateIntervalMs?: number): RefinableWatermarkStrategy<T>;
  withTimestamps<V extends T>(timestampOf: TimestampOf<V>): RefinableWatermarkStrategy<V>;
}

/** Flink's WatermarkStrategy: how event time is found in a stream. */
export const WatermarkStrategies = {
  /** Records come at most `outOfOrdernessMs` behind the newest one. */
  boundedOutOfOrderness<T>(outOfOrdernessMs: number, timestampOf?: TimestampOf<T>): RefinableWatermarkStrategy<T> {
    checkDuration("boundedOutOfOrderness", outOfOrdernessMs);
    return strategy({
      base: `boundedOutOfOrderness(${outOfOrdernessMs})`,
      numbers: GREATEST_TIMESTAMP,
      timestampOf,
      createGenerator: () => createBoundedOutOfOrderness(outOfOrdernessMs),
    });
  },

  /** Timestamps never fall within a split. */
  monotonousTimestamps<T>(timestampOf?: TimestampOf<T>): RefinableWatermarkStrategy<T> {
    return strategy({
      base: "monotonousTimestamps()",
      numbers: GREATEST_TIMESTAMP,
      timestampOf,
      createGenerator: () => createBoundedOutOfOrderness(0),
    });
  },

  /** No event time: for jobs that use processing time alone. */
  noWatermarks<T>(timestampOf?: TimestampOf<T>): RefinableWatermarkStrategy<T> {
    return strategy({ base: "noWatermarks()", timestampOf, createGenerator: createNoWatermarks });
  },

  /** Watermarks by your own generator; `name` stands in the plan. */
  custom<T>(name: string, createGenerator: () => WatermarkGenerator<T>, timestampOf?: TimestampOf<T>): RefinableWatermarkStrategy<T> {
    return strategy({ base: `custom(${name})`, timestampOf, createGenerator });
  },
} as const;

const GREATEST_TIMESTAMP = "greatestTimestamp";

/** What the numbers are that generators of the strategy keep. */
export function numbersOf({ numbers, description }: Pick<WatermarkStrategy<never>, "numbers" | "description">): string {
  return numbers ?? description;
}

interface StrategyParts<T> {
  readonly base: string;
  /** undefined: those of the base alone. */
  readonly numbers?: string;
  readonly timestampOf: TimestampOf<T> | undefined;
  readonly idlenessMs?: number;
  readonly alignment?: WatermarkAlignment;
  readonly createGenerator: () => WatermarkGenerator<T>;
}

function strategy<T>(parts: StrategyParts<T>): RefinableWatermarkStrategy<T> {
  const { base, numbers = base, timestampOf, idlenessMs, alignment, createGenerator } = parts;
  const idleness = idlenessMs === undefined ? "" : `.withIdleness(${idlenessMs})`;
  const aligned = alignment === undefined ? "" : `.withWatermarkAlignment(${JSON.stringify(alignment.group)}, ${alignment.maxDriftMs})`;
  return Object.freeze({
    description: `${base}${idleness}${aligned}`,
    numbers,
    timestampOf,
    idlenessMs,
    alignment,
    createGenerator,
    withIdleness(newIdlenessMs: number) {
      checkDuration("withIdleness", newIdlenessMs);
      return strategy({ ...parts, idlenessMs: newIdlenessMs });
    },
    withWatermarkAlignment(group: string, maxDriftMs: number, updateIntervalMs = 1_000) {
      checkDuration("withWatermarkAlignment", maxDriftMs);
      checkDuration("withWatermarkAlignment", updateIntervalMs);
      return strategy({ ...parts, alignment: { group, maxDriftMs, updateIntervalMs } });
    },
    withTimestamps<V extends T>(newTimestampOf: TimestampOf<V>) {
      return strategy<V>({ ...parts, timestampOf: newTimestampOf });
    },
  });
}

function checkDuration(method: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms >= 0) return;
  throw new MillraceError("WATERMARK_DURATION", `${method} takes a whole number of milliseconds from 0 on, not ${ms}`, {
    hint: "use the helpers, e.g. boundedOutOfOrderness(seconds(5))",
  });
}
