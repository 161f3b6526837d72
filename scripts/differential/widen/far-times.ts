import type { Json } from "@millrace/core";
import type { CaseElement, CaseStep, CaseTime } from "@millrace/testkit";
import { type Fields, fieldsOf, type Widening } from "./widening.ts";

/** Around the limits of 32 bits, today, before 1970, and far beyond. */
const places = [-(2 ** 31) - 20, 2 ** 31 - 20, 2 ** 32 - 20, 1_764_400_000_123, -1_000_000_000_007, 2 ** 48, -(2 ** 48)];
const factors = [1, 1, 7, 1_000, 3_600_000, 2 ** 31 + 1];

/** Event time as far away and as long as in a job's life; in the draw it lies around 0, and windows are some milliseconds long. */
export const farTimes: Widening = (program, chance) => {
  const { kind, spec, input } = program;
  const generates = kind.startsWith("watermark");
  const byClock = spec.time === "processing" || kind === "ttl" || kind === "async";
  const place = byClock ? 0 : chance.pick([0, ...places]);
  // A generator counts idleness in nanoseconds, and the clock of its timers goes on by the draw's steps.
  const factor = byClock || generates ? 1 : chance.pick(factors);
  const time: Move = (value = null) => (typeof value === "number" ? value * factor + place : value);
  const length: Move = (value = null) => (typeof value === "number" ? value * factor : value);
  const far = { kind, time, length, eventTime: fieldsOf(spec.assigner)?.time !== "processing", valueIsTime: spec.timestamps === "value" };
  return { ...program, spec: specAt(spec, far), input: input.map((step) => stepAt(step, far)) };
};

/** The wall clock begins elsewhere than at 0. */
export const farClock: Widening = (program, chance) => {
  const { kind, spec, input } = program;
  if (kind.startsWith("watermark") || kind === "async") return program;
  const place = chance.pick([2 ** 31 - 20, 1_764_400_000_123, 2 ** 48]);
  const time: Move = (value = null) => (typeof value === "number" ? value + place : value);
  const moved = (step: CaseStep): CaseStep => ({
    ...step,
    ...(step.pt === undefined ? {} : { pt: step.pt + place }),
    ...(step.ttlClock === undefined ? {} : { ttlClock: Number(step.ttlClock) + place }),
    ...(step.e === undefined ? {} : { e: withTimers(step.e, ["pt", "xpt"], time) }),
  });
  const steps = input.map(moved);
  // The clock by which state expires begins at 0 on Flink's side, wherever the other one does.
  const first: CaseStep[] = kind === "ttl" ? [{ ttlClock: place }] : [];
  return { ...program, spec: { ...spec, clockStart: Number(spec.clockStart ?? 0) + place }, input: [...first, ...steps] };
};

/** Of a number; what is none stays as it is. */
type Move = (value?: Json) => Json;

interface Far {
  readonly kind: string;
  readonly time: Move;
  readonly length: Move;
  /** Windows end by event time. */
  readonly eventTime: boolean;
  readonly valueIsTime: boolean;
}

function stepAt(step: CaseStep, far: Far): CaseStep {
  const { ts, wm, e } = step;
  return {
    ...step,
    ...(ts === undefined || ts === null ? {} : { ts: far.time(ts) as CaseTime }),
    ...(wm === undefined ? {} : { wm: far.time(wm) as CaseTime }),
    ...(e === undefined ? {} : { e: elementAt(e, far) }),
  };
}

/** `g` is the time of a temporal join's row, and a session's gap. */
function elementAt(element: CaseElement, { kind, time, length, eventTime, valueIsTime }: Far): CaseElement {
  const { g, v } = element;
  return {
    ...withTimers(element, ["et", "xet"], time),
    ...(g === undefined || !eventTime ? {} : { g: kind === "temporalJoin" ? time(g) : length(g) }),
    ...(v === undefined || !valueIsTime ? {} : { v: time(v) as CaseTime }),
  };
}

/** An element's operations are a list of lists, or, where it has one alone, that one. */
function withTimers(element: CaseElement, names: readonly string[], time: Move): CaseElement {
  const { ops } = element;
  if (ops === undefined) return element;
  return { ...element, ops: typeof ops[0] === "string" ? timerAt(ops, names, time) : ops.map((op) => timerAt(op as readonly Json[], names, time)) };
}

function timerAt(op: readonly Json[], names: readonly string[], time: Move): Json[] {
  return names.includes(String(op[0])) ? [op[0] as string, time(op[1])] : [...op];
}

const lengths = ["lower", "upper", "bound", "allowedLateness"];

function specAt(spec: Fields, far: Far): Fields {
  return Object.fromEntries(Object.entries(spec).map(([name, value]) => [name, partAt(name, value, far)]));
}

function partAt(name: string, value: Json, { length, eventTime }: Far): Json {
  if (lengths.includes(name)) return length(value);
  const fields = fieldsOf(value) ?? {};
  switch (name) {
    case "assigner":
      return eventTime ? moved(fields, ["size", "slide", "offset", "gap"], length) : value;
    case "evictor":
      return moved(fields, ["size"], length);
    case "trigger":
      return triggerAt(fields, length);
    case "pattern":
      return withinAt(value, length);
    case "onTimer":
      return (value as Fields[]).map((rule) => ({ ...rule, do: (rule.do as Json[][]).map((op) => timerAt(op, ["et", "xet"], length)) }));
    default:
      return value;
  }
}

function moved(fields: Fields, names: readonly string[], move: Move): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, names.includes(name) ? move(value) : value]));
}

function triggerAt(trigger: Fields, length: Move): Fields {
  const own = trigger.type === "continuousEventTime" ? moved(trigger, ["interval"], length) : trigger;
  const inner = fieldsOf(own.of);
  return inner === undefined ? own : { ...own, of: triggerAt(inner, length) };
}

/** The calls `["within", ms, …]`, and quantifiers that end in `{within: ms}`. */
function withinAt(value: Json, length: Move): Json {
  if (Array.isArray(value)) {
    const [call, ms, ...rest] = value;
    return call === "within" ? [call, length(ms), ...rest] : value.map((one) => withinAt(one, length));
  }
  const fields = fieldsOf(value);
  if (fields === undefined) return value;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, name === "within" ? length(field) : withinAt(field, length)]));
}
