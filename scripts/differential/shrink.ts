import type { SemanticsCase } from "@millrace/testkit";
import type { Program } from "./oracle.ts";

/** Whether a program still shows a difference: the case with Flink's output if so. */
export type Differs = (program: Program) => Promise<SemanticsCase | undefined>;

const ATTEMPTS_MAX = 600;

/**
 * The smallest case that still differs: input steps are left out in ever smaller runs (Zeller's delta debugging), then
 * fields of the spec and of elements. Every smaller program is run on Flink anew.
 */
export async function shrink(found: SemanticsCase, differs: Differs): Promise<SemanticsCase> {
  let smallest = found;
  let attempts = 0;
  const smaller = async (program: Program): Promise<boolean> => {
    if (++attempts > ATTEMPTS_MAX) return false;
    const differing = await differs(program);
    if (differing !== undefined) smallest = differing;
    return differing !== undefined;
  };
  for (let before = -1; before !== sizeOf(smallest); ) {
    before = sizeOf(smallest);
    for (let run = smallest.input.length; run >= 1; run = Math.floor(run / 2)) {
      for (let from = 0; from < smallest.input.length; ) {
        const input = smallest.input.toSpliced(from, run);
        if (!(await smaller({ ...programOf(smallest), input }))) from += run;
      }
    }
    for (const name of Object.keys(smallest.spec)) {
      const { [name]: _left, ...spec } = smallest.spec;
      await smaller({ ...programOf(smallest), spec });
    }
  }
  return smallest;
}

function programOf({ id, kind, spec, input }: SemanticsCase): Program {
  return { id, kind, spec, input };
}

function sizeOf({ spec, input }: SemanticsCase): number {
  return JSON.stringify([spec, input]).length;
}
