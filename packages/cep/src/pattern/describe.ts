import type { Condition } from "./condition.ts";
import type { Contiguity, PatternDefinition, PatternStage, Quantifier } from "./definition.ts";
import type { AfterMatchSkip } from "./skip.ts";

const calls: Readonly<Record<Contiguity, string>> = {
  strict: "next",
  skipTillNext: "followedBy",
  skipTillAny: "followedByAny",
  notNext: "notNext",
  notFollowedBy: "notFollowedBy",
};

/** A line for each stage, by the calls that made it: `followedBy purchase, where, oneOrMore, within 1800000 ms`. Times are in ms. */
export function describePattern({ stages }: PatternDefinition): readonly string[] {
  return stages.map((stage, index) => describeStage(stage, index === 0 ? "begin" : calls[stage.contiguity]));
}

/** `skipToLast purchase`. */
export function describeSkip(skip: AfterMatchSkip): string {
  return "name" in skip ? `${skip.kind} ${skip.name}${skip.throwOnMiss ? " or fail" : ""}` : skip.kind;
}

function describeStage(stage: PatternStage, call: string): string {
  const inside = stage.kind === "event" ? stage.name : `(${describePattern({ ...noPattern, stages: stage.stages }).join("; ")})`;
  const words = [
    `${call} ${inside}`,
    ...(stage.kind === "event" && stage.condition !== undefined ? [conditionWords(stage.condition)] : []),
    ...quantifierWords(stage.quantifier),
    ...(stage.until === undefined ? [] : [`until${conditionWords(stage.until).slice("where".length)}`]),
    ...(stage.gapMs === undefined ? [] : [`within ${stage.gapMs} ms of the event before`]),
    ...(stage.withinMs === undefined ? [] : [`within ${stage.withinMs} ms`]),
  ];
  return words.join(", ");
}

const noPattern: Omit<PatternDefinition, "stages"> = { skip: { kind: "noSkip" }, unbounded: false };

function conditionWords(condition: Condition): string {
  return isIterative(condition) ? "where (iterative)" : "where";
}

function isIterative(condition: Condition): boolean {
  switch (condition.kind) {
    case "always":
      return false;
    case "test":
      return condition.iterative;
    case "not":
      return isIterative(condition.of);
    default:
      return isIterative(condition.left) || isIterative(condition.right);
  }
}

function quantifierWords({ kind, from, to, optional, greedy, inner, gapMs }: Quantifier): readonly string[] {
  const count = kind === "looping" ? (from === 1 ? "oneOrMore" : `timesOrMore ${from}`) : `times ${from === to ? from : `${from} to ${to}`}`;
  return [
    ...(kind === "single" ? [] : [gapMs === undefined ? count : `${count} within ${gapMs} ms of each other`]),
    ...(inner === "strict" ? ["consecutive"] : inner === "skipTillAny" ? ["allowCombinations"] : []),
    ...(greedy ? ["greedy"] : []),
    ...(optional ? ["optional"] : []),
  ];
}
