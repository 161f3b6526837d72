import type { Json } from "@millrace/core";
import type { Window } from "../spec.ts";
import type { Trigger } from "../triggers/trigger.ts";

/** Says to which windows a record belongs (Flink's WindowAssigner). Stateless: one object serves every key and subtask. */
export interface WindowAssigner<T> {
  /** What stands in the plan, e.g. `{type: "tumbling", time: "event", sizeMs: 60000, offsetMs: 0}`. */
  readonly description: Json;
  /** Whose clock ends the windows. The global window ends by no clock and says "processing", as in Flink. */
  readonly time: "event" | "processing";
  /** Overlapping or touching windows of one key become one window. */
  readonly merging: boolean;
  /** What windows can come; it decides how they stand in state. */
  readonly shape: WindowShape;
  /** Used when the stream names no trigger. */
  readonly defaultTrigger: Trigger<T>;
  /**
   * The windows of a record, in the order in which they are to be dealt with; none: the record belongs nowhere.
   * `timestamp` is NO_TIMESTAMP for a record that has none.
   */
  assign(value: T, timestamp: number, context: AssignerContext): readonly Window[];
}

export interface AssignerContext {
  currentProcessingTime(): number;
}

/**
 * `aligned`: windows start at offsetMs + n × slideMs and are sizeMs long, and a record belongs to all of them that hold
 * its time, latest first. `interval`: any start and end; with a `gapMs` a record has one window, from its time on, so long.
 * `global`: the one infinite window.
 */
export type WindowShape = AlignedShape | { readonly kind: "interval"; readonly gapMs?: number } | { readonly kind: "global" };

export interface AlignedShape {
  readonly kind: "aligned";
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
}

/** Which time a built-in assigner goes by, and where its windows begin. */
export interface AlignmentOptions {
  /** Shifts the starts, e.g. `hours(-8)` for days in UTC+8; may be negative, smaller than the size (slide). Default 0. */
  readonly offset?: number;
  readonly time?: "event" | "processing";
}
