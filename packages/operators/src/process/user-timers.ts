import type { OperatorContext, TimerAccess, TimerService } from "@millrace/contracts";
import { checkTimerTime } from "@millrace/core";
import { VOID_NAMESPACE, voidNamespaceCodec } from "./void-namespace.ts";

/** Called for a timer that fires; its key is set. */
export type TimerCallback = (domain: "event" | "processing", time: number) => void;

/** The timers of a user's function, and what the operator does with them when time passes. */
export interface UserTimers {
  readonly access: TimerAccess;
  /** As Operator.onWatermark. */
  onWatermark(watermark: number): boolean;
  /** As Operator.onProcessingTime. */
  onProcessingTime(now: number): boolean;
}

/** Opens the timer service of the operator; timers of an earlier run wake it up again. */
export function openUserTimers<Out>(context: OperatorContext<Out>, callback: TimerCallback): UserTimers {
  const service = context.keyed.timers("user-timers", voidNamespaceCodec, {
    onEventTime: (time) => callback("event", time),
    onProcessingTime: (time) => callback("processing", time),
  });
  const shouldYield = (): boolean => context.shouldYield();
  service.onEarlier((time) => context.wakeAt(time));
  wakeForNext(context, service);
  return {
    access: {
      registerEventTimeTimer: (time) => service.registerEventTime(VOID_NAMESPACE, checkTimerTime(time)),
      deleteEventTimeTimer: (time) => service.deleteEventTime(VOID_NAMESPACE, checkTimerTime(time)),
      registerProcessingTimeTimer: (time) => service.registerProcessingTime(VOID_NAMESPACE, checkTimerTime(time)),
      deleteProcessingTimeTimer: (time) => service.deleteProcessingTime(VOID_NAMESPACE, checkTimerTime(time)),
    },
    onWatermark: (watermark) => service.advanceEventTime(watermark, shouldYield),
    onProcessingTime(now) {
      if (!service.advanceProcessingTime(now, shouldYield)) return false;
      wakeForNext(context, service);
      return true;
    },
  };
}

function wakeForNext<Out>(context: OperatorContext<Out>, service: TimerService<string>): void {
  const next = service.nextProcessingTime();
  if (next < Number.POSITIVE_INFINITY) context.wakeAt(next);
}
