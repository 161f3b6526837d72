import { checkChoice, MillraceError } from "@millrace/core";
import { checkTime } from "./assigners/alignment.ts";
import type { WindowSpec } from "./spec.ts";

/** Refuses combinations that can't work, with WINDOW_TRIGGER, WINDOW_LATENESS or WINDOW_FUNCTION, and an assigner of what there is not, with PLAN_OPTION. */
export function checkWindowSpec(spec: WindowSpec): void {
  const { assigner, allowedLatenessMs, contents, evictor } = spec;
  const trigger = spec.trigger ?? assigner.defaultTrigger;
  checkTime("a window assigner", assigner.time);
  checkChoice("the shape.kind of a window assigner", assigner.shape.kind, ["aligned", "interval", "global"]);
  if (assigner.merging && !(trigger.canMerge && trigger.onMerge !== undefined)) {
    throw new MillraceError("WINDOW_TRIGGER", "a trigger that can't merge stands over session windows", {
      hint: "use an event-time, processing-time, count or continuous trigger, or one with onMerge and canMerge",
    });
  }
  if (!(allowedLatenessMs === Number.POSITIVE_INFINITY || (Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0))) {
    throw new MillraceError(
      "WINDOW_LATENESS",
      `the allowed lateness must be a whole number of milliseconds, 0 or more, or Infinity; not ${allowedLatenessMs}`,
    );
  }
  if (contents.kind !== "aggregate") return;
  if (evictor !== undefined && contents.elementCodec === undefined) {
    throw new MillraceError("WINDOW_FUNCTION", "an evictor keeps every element of an aggregate, but their codec is not known", {
      hint: "name the codec of the stream's records",
    });
  }
  if (assigner.merging && evictor === undefined && contents.aggregate.merge === undefined) {
    throw new MillraceError("WINDOW_FUNCTION", "an aggregate over session windows has no merge function", {
      hint: "give the aggregate merge(a, b), which joins the accumulators of two sessions",
    });
  }
}
