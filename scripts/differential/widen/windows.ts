import type { Chance } from "@millrace/sim";
import { type Fields, fieldsOf, type Widening, withElements, withSpec } from "./widening.ts";

/** Says here that order makes no difference to the aggregate, which may then be kept in slices of time; Flink has no such word. */
export const commutative: Widening = (program, chance) => {
  const { trigger: _trigger, evictor: _evictor, ...spec } = program.spec;
  const slide = chance.between(1, 7);
  const assigner = {
    type: "sliding",
    time: "event",
    size: slide + chance.between(0, 4 * slide),
    slide,
    offset: chance.between(1 - slide, slide - 1),
  };
  const fn = chance.pick(["aggregate", "aggregateProcess"]);
  return { ...program, spec: { ...spec, assigner, function: fn, allowedLateness: 0, sortIds: true, commutative: true } };
};

/** Here the assigner is one of the job's own that assigns what Flink's does: of the same shape, or of one of which nothing is known. */
export const ownAssigner: Widening = (program, chance) => {
  const assigner = fieldsOf(program.spec.assigner) ?? {};
  return withSpec(program, { assigner: { ...assigner, own: chance.pick(["shape", "interval"]) } });
};

/** Windows that the draw leaves out: many at a time, long gaps, and for joins the global one. */
export const otherWindows: Widening = (program, chance) => {
  const assigner = fieldsOf(program.spec.assigner) ?? {};
  switch (assigner.type) {
    case "sliding": {
      const slide = chance.between(1, 4);
      return withSpec(program, {
        assigner: { type: "sliding", time: assigner.time ?? "event", slide, size: slide * chance.between(5, 9) + chance.below(slide) },
      });
    }
    case "session":
      return assigner.gap === "dynamic"
        ? withElements(program, (element) => ({ ...element, g: chance.oneIn(12) ? chance.pick([0, -1, -20]) : chance.between(1, 40) }))
        : withSpec(program, { assigner: { ...assigner, gap: chance.between(13, 60) } });
    default:
      if (program.kind !== "windowJoin")
        return withSpec(program, { assigner: { ...assigner, ...(assigner.size === undefined ? {} : { size: 60 }) } });
      return withSpec(program, { assigner: { type: "global" }, trigger: { type: "count", n: chance.between(1, 4) } });
  }
};

/** Lateness beyond everything that the windows last, or none that there can be. */
export const otherLateness: Widening = (program, chance) =>
  withSpec(program, { allowedLateness: chance.pick([50, 200, 1_000_000_000_000, 1, 2, 3, -1]) });

/**
 * Triggers in triggers, two deep: the draw nests one. Sessions take none that can't merge, and timeouts don't stand in timeouts:
 * in Flink both then keep their time in one state.
 */
export const nestedTriggers: Widening = (program, chance) => {
  // It counts the firings of a key over its windows, whose order at one time is open.
  if (program.spec.function === "processState") return program;
  const isSession = fieldsOf(program.spec.assigner)?.type === "session";
  const trigger = fieldsOf(program.spec.trigger) ?? { type: "count", n: chance.between(2, 9) };
  const depth = chance.between(1, 2);
  return withSpec(program, {
    trigger: Array.from({ length: depth }).reduce<Fields>((inner) => (isSession ? { type: "purging", of: inner } : around(inner, chance)), trigger),
  });
};

function around(of: Fields, chance: Chance): Fields {
  if (JSON.stringify(of).includes("processingTimeout") || chance.oneIn(2)) return { type: "purging", of };
  return { type: "processingTimeout", of, timeout: chance.between(1, 12), reset: chance.oneIn(2), clear: chance.oneIn(2) };
}

/** A reduce that gives up what it has. Sessions are left out: which of several are reduced first is open. */
export const givingUp: Widening = (program, chance) =>
  fieldsOf(program.spec.assigner)?.type === "session"
    ? program
    : withSpec(program, { function: chance.pick(["reduce", "reduceProcess"]), givesUpAt: chance.between(2, 5) });

/** Distances of nothing and less than nothing, which both sides take, and lengths of windows that both refuse. */
export const edges: Widening = (program, chance) => {
  const assigner = fieldsOf(program.spec.assigner) ?? {};
  const threshold = chance.pick([0, -1]);
  const isPlain = program.kind === "window" && assigner.type !== "session";
  if (isPlain && chance.oneIn(3)) return withSpec(program, { trigger: { type: "delta", threshold } });
  if (chance.oneIn(4)) return withSpec(program, { assigner: { ...assigner, [chance.pick(["size", "slide", "gap"])]: chance.pick([0, -3]) } });
  return withSpec(program, { evictor: { type: "delta", threshold, after: chance.oneIn(2) } });
};
