import { eventTimeTrigger } from "./event-time.ts";
import { processingTimeTrigger } from "./processing-time.ts";
import type { Trigger } from "./trigger.ts";

/** The default trigger of windows that end by this time. */
export function timeTrigger(time: "event" | "processing"): Trigger<unknown> {
  return time === "event" ? eventTimeTrigger() : processingTimeTrigger();
}
