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
      windowMs: sizeBeside(assigner),
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

/** Of windows that are known by their start: how long they are, where the description of one's own assigner does not say it. */
function sizeBeside({ description, shape }: WindowSpec["assigner"]): number | undefined {
  if (shape.kind !== "aligned") return undefined;
  const says = description !== null && typeof description === "object" && "sizeMs" in description;
  return says ? undefined : shape.sizeMs;
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
