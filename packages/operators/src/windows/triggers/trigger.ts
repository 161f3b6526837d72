import type { StateDeclarations, StateHandles, TimerAccess } from "@millrace/contracts";
import { checkChoice, checkReturned, type Json, WATERMARK_MIN } from "@millrace/core";
import { BEGINNING_OF_TIME } from "../beginning-of-time.ts";
import type { Window } from "../spec.ts";

/** What becomes of a window: emit its result, forget its contents, both, or neither. Its timers and trigger state stay. */
export type TriggerResult = "continue" | "fire" | "purge" | "fireAndPurge";

/**
 * Decides when a window gives results (Flink's Trigger). One object serves every key and window; what it must remember is
 * declared in `state` and kept per key and window. Its timers are per key and window too.
 */
export interface Trigger<T, S extends StateDeclarations = StateDeclarations> {
  /** What stands in the plan, e.g. `{type: "count", count: 100}`. */
  readonly description: Json;
  readonly state?: S;
  /** Whether it may be used over sessions; then it has `onMerge`. */
  readonly canMerge: boolean;
  /** A record was added to the window. `timestamp` is NO_TIMESTAMP for a record that has none. */
  onElement(value: T, timestamp: number, window: Window, context: TriggerContext<S>): TriggerResult;
  /** An event-time timer of the window fired, its own or the one that ends the window's life. */
  onEventTime(time: number, window: Window, context: TriggerContext<S>): TriggerResult;
  /** As onEventTime, for processing time. */
  onProcessingTime(time: number, window: Window, context: TriggerContext<S>): TriggerResult;
  /** Windows were merged into `window`: take over their state with `mergeState` and set the timers it needs. They are cleared afterwards. */
  onMerge?(window: Window, context: MergeContext<S>): void;
  /** The window is gone: delete timers and clear state. */
  clear(window: Window, context: TriggerContext<S>): void;
}

/** What a trigger sees of its window and of time. State and timers are those of the current key and window. */
export interface TriggerContext<S extends StateDeclarations = StateDeclarations> extends TimerAccess {
  currentWatermark(): number;
  currentProcessingTime(): number;
  readonly state: StateHandles<S>;
}

export interface MergeContext<S extends StateDeclarations = StateDeclarations> extends TriggerContext<S> {
  /** Joins this state of the merged windows into the new window's. Reducing and list states can be joined; others throw WINDOW_TRIGGER. */
  mergeState(name: keyof S & string): void;
}

/** Gives a trigger with state its types: `defineTrigger({ state: { count: … }, onElement(value: Flight, …) … })`. */
export function defineTrigger<T, S extends StateDeclarations>(trigger: Trigger<T, S>): Trigger<T> {
  return trigger as Trigger<T, StateDeclarations>;
}

/** Refuses what is no result of a trigger: FUNCTION_ASYNC for a promise, PLAN_OPTION else. `fires` and `purges` would take it for "continue". */
export function checkTriggerResult(result: TriggerResult): void {
  if (result === "continue" || result === "fire") return;
  checkReturned(result);
  checkChoice("what a trigger returns", result, ["continue", "fire", "purge", "fireAndPurge"]);
}

export function fires(result: TriggerResult): boolean {
  return result === "fire" || result === "fireAndPurge";
}

export function purges(result: TriggerResult): boolean {
  return result === "purge" || result === "fireAndPurge";
}

/**
 * The time of the last record that a window can hold; the timestamp of its results. Infinity for the global window. One that ends with the
 * beginning of time is over before the first watermark, and its results have no timestamp.
 */
export function maxTimestamp(window: Window): number {
  const last = window.end - 1;
  return last === BEGINNING_OF_TIME ? WATERMARK_MIN : last;
}
