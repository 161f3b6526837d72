import type { Json } from "@millrace/core";
import type { CaseStep } from "@millrace/testkit";
import { type Widening, withElements, withSpec } from "./widening.ts";

/** Bounds far before, far behind and around a record, of which nothing may be left when both are excluded. */
export const otherBounds: Widening = (program, chance) => {
  const lower = chance.between(-60, 40);
  return withSpec(program, { lower, upper: lower + chance.pick([0, 1, 2, 40, 100]) });
};

/** Timers of exactly now, set twice, set and taken back in one breath, and long before or after everything. */
export const otherTimers: Widening = (program, chance) => {
  let watermark = 0;
  let clock = Number(program.spec.clockStart ?? 0);
  const input = program.input.map((step): CaseStep => {
    if (typeof step.wm === "number") watermark = step.wm;
    if (step.pt !== undefined) clock = step.pt;
    if (step.e === undefined || !chance.oneIn(2)) return step;
    const [domain, now] = chance.pick([["et", watermark] as const, ["pt", clock] as const]);
    const time = now + chance.pick([0, 1, -1, -1_000_000_000_000, 1_000_000_000_000]);
    const added: Json[] = chance.pick<Json[]>([
      [[domain, time]],
      [
        [domain, time],
        [domain, time],
      ],
      [
        [domain, time],
        [`x${domain}`, time],
      ],
      [
        [`x${domain}`, time],
        [domain, time],
      ],
    ]);
    return { ...step, e: { ...step.e, ops: [...(step.e.ops ?? []), ...added] } };
  });
  return { ...program, input };
};

/** Lists of nothing, values below 0, and long lives; the draw has two values from 0 on in each list. */
export const otherValues: Widening = (program, chance) => {
  const { state } = program.spec;
  const wide = withSpec(program, { ttl: chance.pick([1, 2, 3, 20, 1_000_000_000_000]) });
  return withElements(wide, (element) => {
    const [name, ...rest] = element.ops ?? [];
    if (state === "list" && (name === "addAll" || name === "update"))
      return { ...element, ops: [name, ...rest.slice(0, chance.below(3)).map(Number)] };
    return { ...element, ops: (element.ops ?? []).map((one) => (typeof one === "number" && chance.oneIn(3) ? -one : one)) };
  });
};

/** State that aggregates, for one that reduces. */
export const aggregating: Widening = (program) => (program.spec.state === "reducing" ? withSpec(program, { state: "aggregating" }) : program);

/** More channels than four, and watermarks of the beginning and the end amid others. */
export const otherChannels: Widening = (program, chance) => {
  const inputs = chance.between(1, 9);
  const input = program.input.map((step): CaseStep => {
    const moved = { ...step, in: chance.below(inputs) };
    return step.wm !== undefined && chance.oneIn(15) ? { ...moved, wm: chance.pick(["max", "min"]) } : moved;
  });
  return { ...program, spec: { ...program.spec, inputs }, input };
};

/** Out of order for long, and idle before the first record comes, or only after long. */
export const otherStrategies: Widening = (program, chance) =>
  withSpec(program, {
    strategy: "boundedOutOfOrderness",
    bound: chance.pick([50, 1_000, 10_000_000_000]),
    ...(chance.oneIn(2) ? { idleness: chance.pick([2, 50, 1_000]) } : {}),
  });
