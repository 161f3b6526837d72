import { defineTrigger, state, type Trigger, t } from "millrace";
import type { Reading } from "./reading.ts";

/** Fires once, so long behind the end of the window, which is kept for as long at least. */
export function delayed(delayMs: number): Trigger<unknown> {
  const timeOf = ({ end }: { readonly end: number }): number => end - 1 + delayMs;
  return defineTrigger({
    description: { type: "delayed", delayMs },
    canMerge: false,
    onElement(_value: unknown, _timestamp, window, context) {
      context.registerEventTimeTimer(timeOf(window));
      return "continue";
    },
    onEventTime: (time, window) => (time === timeOf(window) ? "fire" : "continue"),
    onProcessingTime: () => "continue",
    clear: (window, context) => context.deleteEventTimeTimer(timeOf(window)),
  });
}

/** Fires at the end of the window, and again so long behind it. */
export function twice(delayMs: number): Trigger<unknown> {
  const timesOf = ({ end }: { readonly end: number }): readonly number[] => [end - 1, end - 1 + delayMs];
  return defineTrigger({
    description: { type: "twice", delayMs },
    canMerge: false,
    onElement(_value: unknown, _timestamp, window, context) {
      for (const time of timesOf(window)) context.registerEventTimeTimer(time);
      return "continue";
    },
    onEventTime: (time, window) => (timesOf(window).includes(time) ? "fire" : "continue"),
    onProcessingTime: () => "continue",
    clear(window, context) {
      for (const time of timesOf(window)) context.deleteEventTimeTimer(time);
    },
  });
}

/** Fires so long behind the first reading, by the clock, and at the end of the input. It is to empty its window then. */
export function byClockOrEnd(delayMs: number): Trigger<Reading> {
  return defineTrigger({
    description: { type: "byClockOrEnd", delayMs },
    state: { due: state.value(t.integer()) },
    canMerge: false,
    onElement(_one: Reading, _timestamp, window, { state: { due }, registerProcessingTimeTimer, registerEventTimeTimer, currentProcessingTime }) {
      if (due.value() !== undefined) return "continue";
      const time = currentProcessingTime() + delayMs;
      due.update(time);
      registerProcessingTimeTimer(time);
      registerEventTimeTimer(window.end - 1);
      return "continue";
    },
    onEventTime: () => "fire",
    onProcessingTime(time, _window, { state: { due } }) {
      if (due.value() !== time) throw new Error(`a timer fires at ${time}, and is due at ${due.value()}`);
      due.clear();
      return "fire";
    },
    clear(window, { state: { due }, deleteProcessingTimeTimer, deleteEventTimeTimer }) {
      const time = due.value();
      if (time !== undefined) deleteProcessingTimeTimer(time);
      due.clear();
      deleteEventTimeTimer(window.end - 1);
    },
  });
}

/**
 * Fires at the end of a session that has so many readings, and forgets one that has fewer. What it knows of sessions that become one comes together;
 * it fails where that is not what came.
 */
export function ofMany(least: number): Trigger<Reading> {
  return defineTrigger({
    description: { type: "ofMany", least },
    state: { count: state.reducing(t.integer(), (a: number, b: number) => a + b), values: state.list(t.integer()) },
    canMerge: true,
    onElement({ value }: Reading, _timestamp, window, context) {
      context.state.count.add(1);
      context.state.values.add(value);
      context.registerEventTimeTimer(window.end - 1);
      return "continue";
    },
    onEventTime(time, window, { state: { count, values } }) {
      if (time !== window.end - 1) return "continue";
      const seen = count.get() ?? 0;
      if (values.get().length !== seen) throw new Error(`a trigger has counted ${seen} readings, and kept ${values.get().length}`);
      return seen >= least ? "fireAndPurge" : "purge";
    },
    onProcessingTime: () => "continue",
    onMerge(window, context) {
      context.mergeState("count");
      context.mergeState("values");
      context.registerEventTimeTimer(window.end - 1);
    },
    clear(window, context) {
      context.deleteEventTimeTimer(window.end - 1);
      context.state.count.clear();
      context.state.values.clear();
    },
  });
}
