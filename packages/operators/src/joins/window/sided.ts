import { type Codec, t } from "@millrace/codec";
import { onceFor } from "@millrace/core";
import type { WindowAssigner } from "../../windows/assigners/index.ts";
import type { Evictor, TimestampedValue } from "../../windows/evictors/index.ts";
import type { Trigger } from "../../windows/triggers/index.ts";

/** A record of two streams that share windows, and which of them it came from (Flink's TaggedUnion). */
export type Sided = { readonly side: "left"; readonly value: unknown } | { readonly side: "right"; readonly value: unknown };

export function sidedCodec(left: Codec<unknown>, right: Codec<unknown>): Codec<Sided> {
  return besides(left)(right);
}

const besides = onceFor((left: Codec<unknown>) =>
  onceFor((right: Codec<unknown>) => t.tagged("side", { left: { value: left }, right: { value: right } }) as unknown as Codec<Sided>),
);

/** An assigner that sees the records themselves. */
export function assignerOfSided(assigner: WindowAssigner<unknown>): WindowAssigner<unknown> {
  const { description, time, merging, shape } = assigner;
  return {
    description,
    time,
    merging,
    shape,
    defaultTrigger: triggerOfSided(assigner.defaultTrigger),
    assign: (sided, timestamp, context) => assigner.assign((sided as Sided).value, timestamp, context),
  };
}

/** A trigger that sees the records themselves. */
export function triggerOfSided(trigger: Trigger<unknown>): Trigger<unknown> {
  const { onMerge } = trigger;
  return {
    description: trigger.description,
    ...(trigger.state === undefined ? {} : { state: trigger.state }),
    canMerge: trigger.canMerge,
    onElement: (sided, timestamp, window, context) => trigger.onElement((sided as Sided).value, timestamp, window, context),
    onEventTime: (time, window, context) => trigger.onEventTime(time, window, context),
    onProcessingTime: (time, window, context) => trigger.onProcessingTime(time, window, context),
    ...(onMerge === undefined ? {} : { onMerge: (window, context) => onMerge.call(trigger, window, context) }),
    clear: (window, context) => trigger.clear(window, context),
  };
}

/** An evictor that sees the records themselves, those of both streams in the order of their arrival. */
export function evictorOfSided(evictor: Evictor<unknown>): Evictor<unknown> {
  const { evictBefore, evictAfter } = evictor;
  return {
    description: evictor.description,
    ...(evictBefore === undefined
      ? {}
      : { evictBefore: (elements, context) => evicted(elements, (plain) => evictBefore.call(evictor, plain, context)) }),
    ...(evictAfter === undefined
      ? {}
      : { evictAfter: (elements, context) => evicted(elements, (plain) => evictAfter.call(evictor, plain, context)) }),
  };
}

type Elements = readonly TimestampedValue<unknown>[];

function evicted(elements: Elements, evict: (plain: Elements) => Elements): Elements {
  const sidedOf = new Map(elements.map((element) => [{ value: (element.value as Sided).value, timestamp: element.timestamp }, element]));
  const plain = [...sidedOf.keys()];
  const kept = evict(plain);
  return kept === plain ? elements : kept.flatMap((element) => sidedOf.get(element) ?? []);
}
