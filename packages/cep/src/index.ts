/**
 * Complex event processing: a pattern language, its compilation to an automaton, and the operator that runs it. A package of
 * its own, above the operators whose error and side-output rules it keeps to and below the API that puts it behind a
 * stream: nothing of the DataStream API is needed to run a pattern over events, and no other operator needs a pattern.
 */
export { compilePattern } from "./compile/automaton.ts";
export { type CepOperatorOptions, createCepOperator } from "./operator/cep-operator.ts";
export type { AnyMatch, CepSpec, EventComparator, MatchFunctionContext, PatternProcessFunction } from "./operator/spec.ts";
export { cepStates } from "./operator/states.ts";
export type { ConditionContext } from "./pattern/condition.ts";
export { type Contiguity, conditionsOf, type PatternDefinition, type PatternStage, type Quantifier } from "./pattern/definition.ts";
export { describePattern, describeSkip } from "./pattern/describe.ts";
export type { MatchOf, PartialMatchOf } from "./pattern/match-types.ts";
export { Pattern, type PatternStart, type RepetitionOptions, type WithinType } from "./pattern/pattern.ts";
export { type AfterMatchSkip, noSkip, type SkipToOptions, skipPastLastEvent, skipToFirst, skipToLast, skipToNext } from "./pattern/skip.ts";
export { validatePattern } from "./validate/validate-pattern.ts";
