import { t } from "@millrace/codec";
import { type StateDeclarations, state, type ValueState } from "@millrace/contracts";
import { assert } from "@millrace/core";
import type { Window } from "../spec.ts";
import { checkPositive } from "./check.ts";
import { checkTriggerResult, fires, purges, type Trigger, type TriggerContext, type TriggerResult } from "./trigger.ts";

export interface ProcessingTimeoutOptions {
  /** Fire so long after the first record, by the clock. */
  readonly timeoutMs: number;
  /** Each record starts the time anew. Default false. */
  readonly resetTimerOnNewRecord?: boolean;
  /** Clear the inner trigger when the time is over. Default true. */
  readonly clearOnTimeout?: boolean;
}

/**
 * Fires when a record makes `inner` fire, when the time is over, and, as Flink's ProcessingTimeoutTrigger does, at every other
 * timer of the window, event time included. Not for sessions. Throws WINDOW_TRIGGER.
 */
export function processingTimeoutTrigger<T>(inner: Trigger<T>, options: ProcessingTimeoutOptions): Trigger<T> {
  const { timeoutMs, resetTimerOnNewRecord = false, clearOnTimeout = true } = options;
  checkPositive("the timeout of a processing timeout trigger", timeoutMs);
  const name = freeName(inner.state ?? {});
  const timeoutOf = (context: TriggerContext): ValueState<number> => {
    const timeout = context.state[name];
    assert(timeout !== undefined, "a trigger's context has all its states");
    return timeout as ValueState<number>;
  };

  const clear = (window: Window, context: TriggerContext): void => {
    const timeout = timeoutOf(context);
    const time = timeout.value();
    if (time !== undefined) {
      context.deleteProcessingTimeTimer(time);
      timeout.clear();
    }
    inner.clear(window, context);
  };
  const timedOut = (result: TriggerResult, window: Window, context: TriggerContext): TriggerResult => {
    checkTriggerResult(result);
    if (clearOnTimeout) clear(window, context);
    return purges(result) ? "fireAndPurge" : "fire";
  };

  return Object.freeze<Trigger<T>>({
    description: { type: "processingTimeout", of: inner.description, timeoutMs, resetTimerOnNewRecord, clearOnTimeout },
    state: { ...inner.state, [name]: state.value(t.number()) },
    canMerge: false,
    onElement(value, timestamp, window, context) {
      const result = inner.onElement(value, timestamp, window, context);
      if (fires(result)) {
        clear(window, context);
        return result;
      }
      const timeout = timeoutOf(context);
      const running = timeout.value();
      if (running !== undefined && !resetTimerOnNewRecord) return result;
      if (running !== undefined) context.deleteProcessingTimeTimer(running);
      const time = context.currentProcessingTime() + timeoutMs;
      timeout.update(time);
      context.registerProcessingTimeTimer(time);
      return result;
    },
    onEventTime: (time, window, context) => timedOut(inner.onEventTime(time, window, context), window, context),
    onProcessingTime: (time, window, context) => timedOut(inner.onProcessingTime(time, window, context), window, context),
    clear,
  });
}

/** A state name that the inner trigger has not taken, so that timeouts can be nested. */
function freeName(taken: StateDeclarations): string {
  let name = "timeout";
  while (name in taken) name = `outer-${name}`;
  return name;
}
