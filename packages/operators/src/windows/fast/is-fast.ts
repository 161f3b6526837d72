import type { AlignedShape } from "../assigners/assigner.ts";
import { assignsByShape } from "../assigners/built-in.ts";
import type { WindowContents, WindowSpec } from "../spec.ts";
import { timeTrigger } from "../triggers/time-trigger.ts";

/** A spec whose windows fire once and whole, so that they need neither a trigger nor timers per key. */
export interface FastSpec extends WindowSpec {
  readonly contents: FoldedWindowContents;
}

export type FoldedWindowContents = WindowContents & { readonly kind: "reduce" | "aggregate" };

/** Tumbling and sliding windows with the trigger of their clock, no evictor, no lateness, one value per window, no state per window. */
export function isFast(spec: WindowSpec): spec is FastSpec {
  return spec.assigner.shape.kind === "aligned" && firesOnce(spec);
}

/** Event-time sessions of which the same holds. */
export function isFastSession(spec: WindowSpec): spec is FastSpec {
  const { assigner } = spec;
  return assigner.time === "event" && assigner.merging && assigner.shape.kind === "interval" && firesOnce(spec);
}

/** Of the fast ones: windows that overlap, of an aggregate that can be put together from slices of time in any order. */
export function isSliced(spec: WindowSpec): spec is FastSpec {
  const { assigner, contents } = spec;
  const mergeable = contents.kind === "aggregate" && contents.aggregate.commutative === true && contents.aggregate.merge !== undefined;
  return (
    mergeable && assigner.time === "event" && isFast(spec) && assigner.shape.kind === "aligned" && assigner.shape.sizeMs > assigner.shape.slideMs
  );
}

/** By the trigger that is asked, and if nobody else has to be: an assigner of the job's own may assign by itself, and have another trigger by default than that of its clock. */
function firesOnce(spec: WindowSpec): boolean {
  const { assigner, trigger = assigner.defaultTrigger } = spec;
  return (
    trigger === timeTrigger(assigner.time) &&
    assignsByShape(assigner) &&
    spec.evictor === undefined &&
    spec.allowedLatenessMs === 0 &&
    spec.contents.kind !== "elements" &&
    Object.keys(spec.process?.windowState ?? {}).length === 0
  );
}

export function alignedShape(spec: FastSpec): AlignedShape | undefined {
  const { shape } = spec.assigner;
  return shape.kind === "aligned" ? shape : undefined;
}
