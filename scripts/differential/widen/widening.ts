import type { Json } from "@millrace/core";
import type { Chance } from "@millrace/sim";
import type { CaseElement, CaseStep } from "@millrace/testkit";
import type { Program } from "../oracle.ts";

/** Gives a program what the draw on Flink's side never sets. The program as it was: there is no place for it. */
export type Widening = (program: Program, chance: Chance) => Program;

export type Fields = { readonly [name: string]: Json };

export function fieldsOf(value: Json | undefined): Fields | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function withSpec(program: Program, fields: Fields): Program {
  return { ...program, spec: { ...program.spec, ...fields } };
}

export function withElements(program: Program, change: (element: CaseElement, step: CaseStep) => CaseElement): Program {
  return { ...program, input: program.input.map((step) => (step.e === undefined ? step : { ...step, e: change(step.e, step) })) };
}
