import type { CaseStep } from "@millrace/testkit";
import { fieldsOf, type Widening } from "./widening.ts";

/** Many records and watermarks of one time. */
export const equalTimes: Widening = (program, chance) => {
  const grain = chance.pick([3, 5, 10]);
  let watermark = Number.NEGATIVE_INFINITY;
  const input = program.input.flatMap((step): CaseStep[] => {
    if (typeof step.ts === "number" && step.e?.g === undefined) return [{ ...step, ts: Math.floor(step.ts / grain) * grain }];
    if (typeof step.wm !== "number" || step.in !== undefined) return [step];
    const wm = Math.floor(step.wm / grain) * grain;
    if (wm <= watermark) return [];
    watermark = wm;
    return [{ ...step, wm }];
  });
  return { ...program, input };
};

/** Some records have no time. Where intervals would be counted from the beginning of time on, that is refused here. */
export const noTimes: Widening = (program, chance) => {
  const isGlobal = fieldsOf(program.spec.assigner)?.type === "global";
  if (isGlobal && JSON.stringify(program.spec.trigger ?? null).includes("continuousEventTime")) return program;
  return { ...program, input: program.input.map((step) => (step.e !== undefined && chance.oneIn(8) ? { ...step, ts: null } : step)) };
};

/** An input without a channel falls idle and wakes again; records come meanwhile, watermarks don't. */
export const idleTimes: Widening = (program, chance) => {
  let idle = false;
  const input = program.input.flatMap((step): CaseStep[] => {
    const turns = idle ? step.wm !== undefined || chance.oneIn(3) : step.wm === undefined && chance.oneIn(8);
    if (!turns) return [step];
    idle = !idle;
    return [{ status: idle ? "idle" : "active" }, step];
  });
  return { ...program, input };
};

/** The last watermark comes before the last records, which then are late for ever. */
export const recordsBehindTheEnd: Widening = (program, chance) => {
  const { input } = program;
  const inputs = new Set(input.filter((step) => step.e !== undefined).map((step) => step.in ?? 0));
  const at = Math.floor(input.length / 2) + chance.below(Math.ceil(input.length / 2));
  const channels = program.kind === "windowJoin" || inputs.size < 2 ? [{}] : [{ in: 0 }, { in: 1 }];
  const rest = input.slice(at).filter((step) => step.wm === undefined && step.status === undefined);
  const awake = input.slice(0, at).filter((step) => step.status === undefined);
  return { ...program, input: [...awake, ...channels.map((channel) => ({ wm: "max", ...channel })), ...rest] };
};
