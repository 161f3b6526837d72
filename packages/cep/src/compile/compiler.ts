import { assert } from "@millrace/core";
import { always, and, type Condition, not } from "../pattern/condition.ts";
import type { EventStage, GroupStage, PatternDefinition, PatternStage } from "../pattern/definition.ts";
import { ignoreCondition, innerIgnoreCondition, proceedCondition, takeCondition, unless } from "./conditions.ts";
import type { CompileRules } from "./rules.ts";
import { type GroupScope, isGroupHead, type StageAt, stageAt } from "./scope.ts";
import { addEdge, type State, type StateKind } from "./state.ts";

/**
 * Turns a pattern into an automaton, from its end to its beginning: each stage becomes states that lead to those of the
 * stage after it. After the SASE automata of Agrawal et al. (SIGMOD 2008), with the stages and the order of edges of
 * Flink's NFACompiler, so that ties between matches are decided as there.
 */
export class Compiler {
  readonly states: State[] = [];
  readonly #rules: CompileRules;
  /** By the name of the stage that must not come. */
  readonly #stopStates = new Map<string, State>();
  /** Copies that a greedy stage with `until` leads to once it has ended, by the state that they were made of. */
  readonly #afterUntil = new Map<State, State>();
  /** Whether the copy of a group that is made now is its first occurrence. */
  readonly #firstOfLoop = new Map<GroupStage, boolean>();

  constructor(rules: CompileRules) {
    this.#rules = rules;
  }

  /** The start state. */
  compile(definition: PatternDefinition): State {
    const end = this.#state("", "final", undefined);
    return this.#sequence(definition.stages, undefined, end);
  }

  #sequence(stages: readonly PatternStage[], group: GroupScope | undefined, end: State): State {
    let sink = end;
    for (let index = stages.length - 1; index >= 0; index--) sink = this.#stage(stageAt(stages, index, group), sink);
    return sink;
  }

  #stage(at: StageAt, sink: State): State {
    switch (at.stage.contiguity) {
      case "notFollowedBy":
        // Between two stages it is a condition on the edges of the next one.
        return sink.kind === "final" && this.#rules.pends(at) ? this.#pending(at) : sink;
      case "notNext":
        return this.#notNext(at, sink);
      default:
        return this.#positive(at, sink);
    }
  }

  #pending(at: StageAt): State {
    const forbidden = takeCondition(at);
    const pending = this.#state(nameOf(at.stage), "pending", this.#rules.gap(at, "take", false));
    addEdge(pending, "proceed", this.#stopState(forbidden, nameOf(at.stage)), forbidden);
    addEdge(pending, "ignore", pending, not(forbidden));
    return pending;
  }

  #notNext(at: StageAt, sink: State): State {
    const forbidden = takeCondition(at);
    const state = this.#state(nameOf(at.stage), "normal", this.#rules.gap(at, "take", false));
    // At the end the match is there with the next event that is another one, not at once.
    addEdge(state, sink.kind === "final" ? "ignore" : "proceed", sink, not(forbidden));
    addEdge(state, "proceed", this.#stopState(forbidden, nameOf(at.stage)), forbidden);
    return state;
  }

  #positive(at: StageAt, sink: State): State {
    const { quantifier } = at.stage;
    let first: State;
    if (quantifier.kind === "looping") {
      this.#setFirst(at, false);
      const looping = this.#looping(at, this.#withoutPassedNots(at, sink));
      first = this.#times(at, looping, sink);
    } else {
      first = quantifier.kind === "times" ? this.#times(at, sink, sink) : this.#once(at, sink, sink, single(at));
    }
    this.#addStops(at, first);
    return first;
  }

  /** States for the occurrences that are counted, the first one returned. `proceed`: where it goes on after enough of them. */
  #times(at: StageAt, sink: State, proceed: State): State {
    const { quantifier, until } = at.stage;
    this.#setFirst(at, false);
    const inner = innerIgnoreCondition(at);
    const between: Occurrence = {
      take: unless(takeCondition(at), until),
      ignore: inner === undefined ? undefined : unless(inner, until),
      optional: true,
      role: "repetition",
    };
    if (quantifier.greedy && quantifier.from !== quantifier.to) {
      if (until !== undefined) this.#afterUntil.set(sink, this.#copy(sink));
      restrict(sink, between.take);
    }
    let next = sink;
    for (let count = quantifier.from; count < quantifier.to; count++) next = this.#occurrence(at, next, proceed, between);
    for (let count = 1; count < quantifier.from; count++) next = this.#occurrence(at, next, undefined, { ...between, optional: false });
    this.#setFirst(at, true);
    return this.#once(at, next, proceed, { ...between, ignore: ignoreCondition(at), optional: quantifier.optional, role: "take" });
  }

  #occurrence(at: StageAt, sink: State, proceed: State | undefined, how: Occurrence): State {
    const state = this.#once(at, sink, proceed, how);
    this.#addFollowingStop(at, state);
    return state;
  }

  /** One occurrence of a stage. */
  #once(at: StageAt, sink: State, proceed: State | undefined, how: Occurrence): State {
    const { stage } = at;
    if (stage.kind === "group") return this.#group(at, stage, sink, how.optional ? proceed : undefined);
    const state = this.#state(stage.name, "normal", this.#rules.gap(at, how.role, false));
    const taken = this.#withoutPassedNots(at, sink);
    addEdge(state, "take", taken, how.take);
    if (how.optional) {
      assert(proceed !== undefined, "an optional occurrence has somewhere to go on to");
      this.#addProceed(at, state, proceed);
    }
    if (how.ignore !== undefined) addEdge(state, "ignore", this.#ignoring(at, state, taken, how, how.ignore), how.ignore);
    return state;
  }

  /** Where an ignored event leads: a twin without the way on, so that this way is gone only once for each partial match. */
  #ignoring(at: StageAt, state: State, taken: State, how: Occurrence, ignore: Condition): State {
    if (!how.optional && !headsOptionalGroup(at)) return state;
    const twin = this.#state(nameOf(at.stage), "normal", this.#rules.gap(at, how.role, true));
    addEdge(twin, "take", taken, how.take);
    addEdge(twin, "ignore", twin, ignore);
    this.#addStops(at, twin);
    return twin;
  }

  #addProceed(at: StageAt, state: State, proceed: State): void {
    const free = proceedCondition(at);
    const { quantifier, until } = at.stage;
    if (!quantifier.greedy || until === undefined) {
      addEdge(state, "proceed", proceed, free);
      return;
    }
    const ended = this.#afterUntil.get(proceed);
    assert(ended !== undefined, "a greedy stage with until was compiled with a way on");
    addEdge(state, "proceed", ended, and(free, until));
    addEdge(state, "proceed", proceed, and(free, not(until)));
  }

  #group(at: StageAt, stage: GroupStage, sink: State, proceed: State | undefined): State {
    const first = this.#sequence(stage.stages, this.#groupScope(at, stage), sink);
    if (proceed !== undefined) addEdge(first, "proceed", proceed, proceedCondition(at));
    return first;
  }

  /** The state that takes the occurrences which are not counted, as many as come. */
  #looping(at: StageAt, sink: State): State {
    const { stage } = at;
    if (stage.kind === "group") return this.#loopingGroup(at, stage, sink);
    const { until, quantifier } = stage;
    const inner = innerIgnoreCondition(at);
    const ignore = inner === undefined ? undefined : unless(inner, until);
    const take = unless(takeCondition(at), until);
    const looping = this.#state(stage.name, "normal", this.#rules.gap(at, "repetition", false));
    if (quantifier.greedy) {
      if (until !== undefined) this.#afterUntil.set(sink, this.#copy(sink));
      this.#addProceed(at, looping, sink);
      restrict(sink, takeCondition(at));
    } else {
      addEdge(looping, "proceed", sink, proceedCondition(at));
    }
    addEdge(looping, "take", looping, take);
    this.#addFollowingStop(at, looping);
    if (ignore !== undefined) {
      const twin = this.#state(stage.name, "normal", this.#rules.gap(at, "repetition", true));
      addEdge(twin, "take", looping, take);
      addEdge(twin, "ignore", twin, ignore);
      addEdge(looping, "ignore", twin, ignore);
      this.#addFollowingStop(at, twin);
    }
    return looping;
  }

  #loopingGroup(at: StageAt, stage: GroupStage, sink: State): State {
    const joint = this.#state("", "normal", this.#rules.gap(at, "repetition", false));
    const first = this.#sequence(stage.stages, this.#groupScope(at, stage), joint);
    addEdge(first, "proceed", sink, proceedCondition(at));
    addEdge(joint, "proceed", first, proceedCondition(at));
    return first;
  }

  #groupScope(at: StageAt, stage: GroupStage): GroupScope {
    return { stage, at, first: this.#firstOfLoop.get(stage) ?? true };
  }

  #setFirst({ stage }: StageAt, first: boolean): void {
    if (stage.kind === "group") this.#firstOfLoop.set(stage, first);
  }

  /**
   * What an optional stage after a `notFollowedBy` leads to once it has an event: the same as without it, but what was
   * forbidden before is so no longer. In `a, not b, c optional, d` the events a c b d match, a b d do not.
   */
  #withoutPassedNots(at: StageAt, sink: State): State {
    const passed = forbiddenBefore(at);
    if (passed.length === 0 || !at.stage.quantifier.optional) return sink;
    const stops = new Set(passed.map((one) => this.#stopStates.get(nameOf(one.stage))));
    const copy = this.#state(sink.name, sink.kind, this.#rules.copiedGap(sink.gapMs));
    for (const { action, target, condition } of sink.edges) {
      if (action !== "proceed") addEdge(copy, action, target === sink ? copy : target, condition);
      else if (target.kind !== "stop") addEdge(copy, action, this.#withoutPassedNots(at, target), condition);
      else if (!stops.has(target)) addEdge(copy, action, target, condition);
    }
    return copy;
  }

  #copy(state: State): State {
    const copy = this.#state(state.name, state.kind, this.#rules.copiedGap(state.gapMs));
    for (const { action, target, condition } of state.edges) addEdge(copy, action, target === state ? copy : target, condition);
    return copy;
  }

  #addStops(at: StageAt, state: State): void {
    for (const before of forbiddenBefore(at)) {
      const forbidden = takeCondition(before);
      addEdge(state, "proceed", this.#stopState(forbidden, nameOf(before.stage)), forbidden);
    }
  }

  /** What must not follow a loop ends it between its occurrences too. */
  #addFollowingStop(at: StageAt, state: State): void {
    const { following } = at;
    if (following?.contiguity !== "notFollowedBy") return;
    const forbidden = unless((following as EventStage).condition ?? always, at.group?.stage.until);
    addEdge(state, "proceed", this.#stopState(forbidden, nameOf(following)), forbidden);
  }

  #stopState(forbidden: Condition, name: string): State {
    const known = this.#stopStates.get(name);
    if (known !== undefined) return known;
    const stop = this.#state(name, "stop", undefined);
    addEdge(stop, "take", stop, forbidden);
    this.#stopStates.set(name, stop);
    return stop;
  }

  #state(name: string, kind: StateKind, gapMs: number | undefined): State {
    const state: State = { id: this.states.length, name, kind, edges: [], gapMs };
    this.states.push(state);
    return state;
  }
}

/** How one occurrence of a stage takes and passes events. */
interface Occurrence {
  readonly take: Condition;
  readonly ignore: Condition | undefined;
  /** It may be left out: the state has a way on. */
  readonly optional: boolean;
  readonly role: "take" | "repetition";
}

function single(at: StageAt): Occurrence {
  return { take: takeCondition(at), ignore: ignoreCondition(at), optional: at.stage.quantifier.optional, role: "take" };
}

/** The stages before that must not have come yet: those right before, also over optional stages. */
function forbiddenBefore(at: StageAt): StageAt[] {
  const found: StageAt[] = [];
  for (let index = at.index - 1; index >= 0; index--) {
    const before = stageAt(at.stages, index, at.group);
    if (before.stage.contiguity === "notFollowedBy") found.push(before);
    else if (!before.stage.quantifier.optional) break;
  }
  return found;
}

function headsOptionalGroup(at: StageAt): boolean {
  return isGroupHead(at) && at.group?.first === true && at.group.stage.quantifier.optional;
}

/** Greedy: what could still belong to the loop goes nowhere else. */
function restrict(state: State, take: Condition): void {
  for (const edge of state.edges) edge.condition = and(edge.condition, not(take));
}

function nameOf(stage: PatternStage): string {
  return stage.kind === "event" ? stage.name : "";
}
