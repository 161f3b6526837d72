import { type Redistribution, redistribute } from "@millrace/checkpoint";
import type { CaseResult, SemanticsCase, TraceEntry } from "./case.ts";

interface States {
  readonly [name: string]: { readonly mode: Redistribution; readonly items: readonly number[] };
}

/** Operator state of some subtasks, given to another number of them. Item j of old subtask i is `i:j`. */
export async function runRepartitionCase({ spec }: SemanticsCase): Promise<CaseResult> {
  const states = Object.entries(spec.states as unknown as States);
  const dealt = redistribute(
    states.map(([, { mode, items }]) => ({ mode, items: items.map((count, old) => Array.from({ length: count }, (_, item) => `${old}:${item}`)) })),
    Number(spec.newParallelism),
  );
  const output = Array.from({ length: Number(spec.newParallelism) }, (_, subtask): TraceEntry => {
    return { subtask, states: Object.fromEntries(states.map(([name], index) => [name, dealt[index]?.[subtask] ?? []])) };
  });
  return { output };
}
