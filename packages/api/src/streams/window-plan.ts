import type { Json } from "@millrace/core";
import { checkWindowSpec, type WindowSpec, windowStates } from "@millrace/operators";
import type { TimeDomain } from "@millrace/plan";
import { type Emits, tagNames } from "./functions.ts";
import { type NodeParts, typeOf } from "./upstream.ts";

/** What of a window spec stands in the plan. Throws what checkWindowSpec finds. */
export function describeWindow(
  spec: WindowSpec,
  process: Emits<unknown> | undefined,
): Pick<NodeParts, "states" | "timers" | "sideOutputs" | "details"> {
  checkWindowSpec(spec);
  const { assigner, evictor, allowedLatenessMs, lateOutput, contents } = spec;
  const trigger = spec.trigger ?? assigner.defaultTrigger;
  return {
    states: windowStates(spec),
    timers: timersOf(spec),
    sideOutputs: [...new Set([...(lateOutput === undefined ? [] : [lateOutput]), ...tagNames(spec.process?.sideOutputs)])],
    details: {
      assigner: assigner.description,
      trigger: trigger.description,
      evictor: evictor?.description,
      allowedLatenessMs: allowedLatenessMs === Number.POSITIVE_INFINITY ? "forever" : allowedLatenessMs,
      lateOutput,
      contents: contents.kind,
      process: spec.process === undefined ? undefined : true,
      emits: typeOf(process?.emits),
    },
  };
}

/** The timer that ends a window, and those of its trigger. */
function timersOf({ assigner, trigger }: WindowSpec): readonly TimeDomain[] {
  const domains = new Set<TimeDomain>(triggerTimers((trigger ?? assigner.defaultTrigger).description));
  if (assigner.shape.kind !== "global") domains.add(assigner.time);
  return [...domains].sort();
}

const timersOfTriggers: Readonly<Record<string, readonly TimeDomain[]>> = {
  eventTime: ["event"],
  continuousEventTime: ["event"],
  endOfStream: ["event"],
  processingTime: ["processing"],
  continuousProcessingTime: ["processing"],
  count: [],
  delta: [],
  never: [],
};

/** A trigger of the user's may go by either clock. */
function triggerTimers(description: Json): readonly TimeDomain[] {
  if (description === null || typeof description !== "object" || Array.isArray(description)) return ["event", "processing"];
  const { type, of } = description as { readonly type?: Json; readonly of?: Json };
  if (type === "purging") return triggerTimers(of ?? null);
  if (type === "processingTimeout") return ["processing", ...triggerTimers(of ?? null)];
  return timersOfTriggers[String(type)] ?? ["event", "processing"];
}
