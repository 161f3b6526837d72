import { type Infer, t } from "@millrace/codec";
import type { Json } from "@millrace/core";
import * as windows from "@millrace/operators";

/** What the events of window cases are made of; `ids` grows when events are reduced. */
export const eventCodec = t.object({ k: t.string(), v: t.number(), id: t.number(), g: t.number(), ids: t.array(t.number()) });
export type CaseEvent = Infer<typeof eventCodec>;

/** A part of a case's spec. */
export type Fields = { readonly [name: string]: Json };

const distance = (a: unknown, b: unknown): number => Math.abs((a as CaseEvent).v - (b as CaseEvent).v);

/** `own`: one of the job's own, which assigns what ours does, and says of its windows as much as ours, or nothing. */
export function assignerOf(fields: Fields): windows.WindowAssigner<unknown> {
  const ours = builtIn(fields);
  if (fields.own === undefined) return ours;
  const own = { ...ours, assign: (...given: Parameters<typeof ours.assign>) => ours.assign(...given) };
  return fields.own === "interval" && ours.shape.kind !== "global" ? { ...own, shape: { kind: "interval" } } : own;
}

function builtIn(fields: Fields): windows.WindowAssigner<unknown> {
  const time = fields.time === "processing" ? "processing" : "event";
  const offset = Number(fields.offset ?? 0);
  switch (fields.type) {
    case "tumbling":
      return windows.tumbling(Number(fields.size), { time, offset });
    case "sliding":
      return windows.sliding(Number(fields.size), Number(fields.slide), { time, offset });
    case "session":
      return windows.session(fields.gap === "dynamic" ? (value: unknown) => (value as CaseEvent).g : Number(fields.gap), { time });
    default:
      return windows.globalWindow({ endOfStreamTrigger: fields.endOfStream === true });
  }
}

export function triggerOf(fields: Fields): windows.Trigger<unknown> {
  const interval = Number(fields.interval);
  switch (fields.type) {
    case "eventTime":
      return windows.eventTimeTrigger();
    case "processingTime":
      return windows.processingTimeTrigger();
    case "count":
      return windows.countTrigger(Number(fields.n));
    case "purging":
      return windows.purging(triggerOf(fields.of as Fields));
    case "continuousEventTime":
      return windows.continuousEventTimeTrigger(interval);
    case "continuousProcessingTime":
      return windows.continuousProcessingTimeTrigger(interval);
    case "delta":
      return windows.deltaTrigger<CaseEvent>(Number(fields.threshold), distance, eventCodec);
    case "processingTimeout":
      return windows.processingTimeoutTrigger(triggerOf(fields.of as Fields), {
        timeoutMs: Number(fields.timeout),
        resetTimerOnNewRecord: fields.reset === true,
        clearOnTimeout: fields.clear === true,
      });
    default:
      throw new Error(`unknown trigger ${JSON.stringify(fields)}`);
  }
}

export function evictorOf(fields: Fields): windows.Evictor<unknown> {
  const options = { after: fields.after === true };
  switch (fields.type) {
    case "count":
      return windows.countEvictor(Number(fields.n), options);
    case "time":
      return windows.timeEvictor(Number(fields.size), options);
    default:
      return windows.deltaEvictor(Number(fields.threshold), distance, options);
  }
}
