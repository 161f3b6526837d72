import { t } from "@millrace/codec";
import type { Condition } from "../pattern/condition.ts";
import { eventNames, leastWindow, type PatternDefinition } from "../pattern/definition.ts";
import type { AfterMatchSkip } from "../pattern/skip.ts";
import { Compiler } from "./compiler.ts";
import { type Evaluator, evaluatorOf, mayBe } from "./evaluate.ts";
import { type CompileRules, exactRules } from "./rules.ts";
import type { Edge, State, StateKind } from "./state.ts";

/** A compiled pattern: what the operator runs. */
export interface Automaton {
  readonly states: readonly AutomatonState[];
  readonly start: number;
  /** Names of events, by the number that entries of the match buffer have. */
  readonly names: readonly string[];
  /** The longest time from a match's first event to its last; Infinity: no bound. */
  readonly windowMs: number;
  readonly skip: AfterMatchSkip;
  /** Of the states and their edges: partial matches that were kept under another one mean nothing here. */
  readonly fingerprint: string;
  /** False for an event that changes nothing, whatever has been matched. undefined: an event may always change something. */
  readonly mayMatter: ((event: unknown) => boolean) | undefined;
}

export interface AutomatonState {
  readonly id: number;
  readonly kind: StateKind;
  readonly edges: readonly AutomatonEdge[];
  /** Infinity: no bound. */
  readonly gapMs: number;
}

export interface AutomatonEdge {
  readonly action: Edge["action"];
  readonly target: number;
  /** Of the event that a take edge keeps. */
  readonly name: number;
  /** The edge is closed to an event that comes so long after the last one of the partial match. Infinity: never. */
  readonly gapMs: number;
  readonly holds: Evaluator;
}

export function compileStates(definition: PatternDefinition, rules: CompileRules = exactRules): { states: readonly State[]; start: State } {
  const compiler = new Compiler(rules);
  const start = compiler.compile(definition);
  return { states: compiler.states, start };
}

export function compilePattern(definition: PatternDefinition, rules: CompileRules = exactRules): Automaton {
  const { states, start } = compileStates(definition, rules);
  const names = eventNames(definition.stages);
  return Object.freeze({
    states: states.map((state) => automatonState(state, names, rules)),
    start: start.id,
    names,
    windowMs: leastWindow(definition.stages),
    skip: definition.skip,
    fingerprint: fingerprintOf(states, start),
    mayMatter: relevance(states, start),
  });
}

function automatonState(state: State, names: readonly string[], rules: CompileRules): AutomatonState {
  const { id, kind, edges } = state;
  return {
    id,
    kind,
    gapMs: (rules.gapsOfEdges ? longestGap(state) : state.gapMs) ?? Number.POSITIVE_INFINITY,
    edges: edges.map(({ action, source, target, condition }) => ({
      action,
      target: target.id,
      name: names.indexOf(source.name),
      gapMs: (rules.gapsOfEdges && action !== "proceed" ? source.gapMs : undefined) ?? Number.POSITIVE_INFINITY,
      holds: evaluatorOf(condition),
    })),
  };
}

/** The longest gap of the ways that are open to a partial match in a state; undefined: one has no bound. */
export function longestGap(from: State): number | undefined {
  let longest = 0;
  const seen = new Set([from]);
  for (const state of seen) {
    if (state.kind === "final" || state.kind === "stop") continue;
    for (const { action, target } of state.edges) {
      if (action === "proceed") seen.add(target);
      else if (state.gapMs === undefined) return undefined;
      else longest = Math.max(longest, state.gapMs);
    }
  }
  return longest === 0 ? undefined : longest;
}

function fingerprintOf(states: readonly State[], start: State): string {
  const edges = states.map((state) => state.edges.map(({ action, target, condition }) => `${action}>${target.id}:${shapeOf(condition)}`).join(","));
  const shape = states.map(({ name, kind }, index) => `${JSON.stringify(name)} ${kind} ${edges[index]}`);
  return t.literal(`${start.id}|${shape.join("|")}`).fingerprint;
}

/** A condition without its functions, which have no identity. */
function shapeOf(condition: Condition): string {
  switch (condition.kind) {
    case "always":
      return "1";
    case "test":
      return condition.iterative ? "i" : "t";
    case "not":
      return `!${shapeOf(condition.of)}`;
    default:
      return `(${shapeOf(condition.left)}${condition.kind === "and" ? "&" : "|"}${shapeOf(condition.right)})`;
  }
}

/**
 * The events that matter can be told in advance if all others leave every partial match as it is: every state but the start
 * can ignore an event and stay, and has no way on that depends on nothing. An event matters if it may be taken, may be
 * forbidden, or may fail to be ignored.
 */
function relevance(states: readonly State[], start: State): ((event: unknown) => boolean) | undefined {
  const questions = new Questions();
  for (const state of states) {
    if (state.kind === "final" || state.kind === "stop") continue;
    for (const { action, target, condition } of state.edges) {
      if (action === "ignore" && target === state) questions.add(condition, false);
      else if (action === "take" || target.kind === "stop") questions.add(condition, true);
      else return undefined;
    }
    if (state !== start && !state.edges.some((edge) => edge.action === "ignore" && edge.target === state)) return undefined;
  }
  return questions.any();
}

/** Whether conditions may hold or fail, each asked once: the states of a stage that occurs three times share theirs. */
class Questions {
  readonly #tests = new Map<Condition, Map<boolean, (event: unknown) => boolean>>();
  #always = false;

  add(condition: Condition, hold: boolean): void {
    if (condition.kind === "not") {
      this.add(condition.of, !hold);
    } else if (condition.kind === "always") {
      this.#always ||= hold;
    } else {
      const asked = this.#tests.get(condition) ?? new Map();
      this.#tests.set(condition, asked.set(hold, mayBe(condition, hold)));
    }
  }

  /** undefined when the answer is always yes. */
  any(): ((event: unknown) => boolean) | undefined {
    if (this.#always) return undefined;
    const tests = [...this.#tests.values()].flatMap((asked) => [...asked.values()]);
    const [only] = tests;
    return tests.length === 1 ? only : (event) => tests.some((test) => test(event));
  }
}
