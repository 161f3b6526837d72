import { type HarnessStep, harnessSteps, type OperatorProgram, type SemanticsCase } from "@millrace/testkit";

/** One thing that happens to a program's operator. */
export interface ScriptStep {
  /** Index of the case's step that it belongs to. */
  readonly at: number;
  readonly step: HarnessStep;
}

/** A program's steps in order, and how they may be given to a job. */
export interface Script {
  readonly steps: readonly ScriptStep[];
  readonly inputs: 1 | 2;
  /** What the wall clock shows at first. */
  readonly clockStart: number;
  /** Steps may be under way together: none goes by the clock, and one source gives them all. */
  readonly mayCrowd: boolean;
}

export function scriptOf(recorded: SemanticsCase, program: OperatorProgram): Script {
  const { input, spec } = recorded;
  const inputs = program.inputs ?? 1;
  const given = input.flatMap((step, at) => harnessSteps(step, program).map((one) => ({ at, step: one })));
  const closing = (program.closing ?? []).map((step) => ({ at: input.length - 1, step }));
  const goesByClock = /"(pt|xpt|ttlClock|processing|finish)"|rocessingTim/.test(JSON.stringify([spec, input]));
  return {
    steps: [...given, ...closing],
    inputs,
    clockStart: typeof spec.clockStart === "number" ? spec.clockStart : 0,
    mayCrowd: inputs === 1 && (program.keyed ?? true) && !goesByClock,
  };
}
