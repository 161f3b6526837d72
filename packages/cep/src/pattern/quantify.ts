import { isNegative, type PatternStage, type Quantifier } from "./definition.ts";
import { refuse } from "./refusal.ts";

/** A stage with a quantifier that loops or counts. Throws CEP_PATTERN. */
export function repeated(stage: PatternStage, kind: "times" | "looping", from: number, to: number, gapMs: number | undefined): PatternStage {
  refuseNegative(stage);
  if (stage.quantifier.kind !== "single") {
    refuse(`${titleOf(stage)} has a quantifier already`, "call one of times, oneOrMore and timesOrMore, once");
  }
  const least = from === 0 && kind === "times" && to !== 0 ? 1 : from;
  if (!Number.isSafeInteger(least) || !Number.isSafeInteger(to) || least < 1 || to < least) {
    refuse(`${titleOf(stage)} can't occur ${from === to ? from : `${from} to ${to}`} times`, "give whole numbers from 1 on, the smaller one first");
  }
  const optional = stage.quantifier.optional || (from === 0 && kind === "times");
  return withQuantifier(stage, { kind, from: least, to, optional, inner: "skipTillNext", greedy: false, gapMs: checkedGap(gapMs) });
}

export function optional(stage: PatternStage, previous: PatternStage | undefined): PatternStage {
  if (isNegative(stage)) refuse(`${titleOf(stage)} can't be optional`, "leave it out, or make two patterns");
  if (stage.quantifier.optional) refuse(`${titleOf(stage)} is optional already`, "call optional once");
  if (previous?.quantifier.greedy === true) {
    refuse(
      `${titleOf(stage)} can't be optional after a greedy one`,
      "which events belong to which would be open: make two patterns, or drop greedy()",
    );
  }
  return withQuantifier(stage, { optional: true });
}

export function greedy(stage: PatternStage): PatternStage {
  refuseNegative(stage);
  if (stage.kind === "group") refuse("a group can't be greedy", "make the stages inside it greedy");
  const { quantifier } = stage;
  if (quantifier.inner === "skipTillAny") refuse(`${titleOf(stage)} can't be greedy and allow combinations`, "drop one of the two");
  if (quantifier.kind === "single") refuse(`${titleOf(stage)} occurs once, so it can't be greedy`, "call times or oneOrMore before greedy");
  return withQuantifier(stage, { greedy: true });
}

export function inner(stage: PatternStage, contiguity: "strict" | "skipTillAny"): PatternStage {
  const word = contiguity === "strict" ? "consecutive" : "allowCombinations";
  const { quantifier } = stage;
  if (quantifier.kind === "single") refuse(`${titleOf(stage)} occurs once`, `call times or oneOrMore before ${word}`);
  if (quantifier.inner !== "skipTillNext") {
    refuse(
      `${titleOf(stage)} is ${quantifier.inner === "strict" ? "consecutive" : "open to combinations"} already`,
      "call one of consecutive and allowCombinations, once",
    );
  }
  return withQuantifier(stage, { inner: contiguity });
}

/** As messages call a stage. */
export function titleOf(stage: PatternStage): string {
  return stage.kind === "group" ? "a group" : `the pattern "${stage.name}"`;
}

export function checkedGap(ms: number | undefined): number | undefined {
  if (ms !== undefined && (!Number.isSafeInteger(ms) || ms <= 0)) {
    refuse(`a time of ${String(ms)} ms can't bound a pattern`, "give whole milliseconds above 0, e.g. seconds(10)");
  }
  return ms;
}

function refuseNegative(stage: PatternStage): void {
  if (isNegative(stage)) refuse(`${titleOf(stage)} must not come, so it has no quantifier`, "leave the quantifier out");
}

function withQuantifier(stage: PatternStage, change: Partial<Quantifier>): PatternStage {
  return Object.freeze({ ...stage, quantifier: Object.freeze({ ...stage.quantifier, ...change }) });
}
