import { checkChoice } from "@millrace/core";
import { and, type ConditionContext, type ConditionFunction, conditionOf, or } from "./condition.ts";
import { type Contiguity, type EventStage, type PatternDefinition, type PatternStage, single } from "./definition.ts";
import type { EventsByName, Flat, Maybe, Narrowed, OneOrMore, Retyped } from "./match-types.ts";
import { checkedGap, greedy, inner, optional, repeated, titleOf } from "./quantify.ts";
import { refuse } from "./refusal.ts";
import { type AfterMatchSkip, noSkip } from "./skip.ts";

export interface RepetitionOptions {
  /** The longest time between one occurrence and the next, in ms. */
  readonly within?: number;
}

/** Which two events a time lies between. */
export type WithinType = "firstAndLast" | "previousAndCurrent";

/** No name: of a stage that must not come. */
type None = Readonly<Record<never, never>>;
type Named<N extends string, E> = { readonly [Name in N]: OneOrMore<E> };
/** Of a stage that occurs from so many times on; a number that is not known may be 0. */
type MaybeFrom<From extends number, Current> = number extends From ? Maybe<Current> : From extends 0 ? Maybe<Current> : Current;
type AnyPattern<In> = Pattern<In, object, object, never> | Pattern<In, object, object, In>;
type StagesOf<P> = P extends Pattern<infer _In, infer Done, infer Current, infer _Event> ? Done & Current : never;

/**
 * A pattern of events (Flink's Pattern), built stage by stage. Frozen: every call gives a new one. `In`: the stream's
 * records; `Done` and `Current`: the events of earlier stages and of this one by name; `Event`: what this stage's conditions see.
 */
export class Pattern<In, Done extends object, Current extends object, Event> {
  readonly definition: PatternDefinition;
  /** Carries the type of a match; never set. */
  declare readonly match?: Flat<Done & Current>;
  /** Carries the type of the stream's records; never there. */
  declare input?: { of(value: In): void }["of"];

  constructor(definition: PatternDefinition) {
    this.definition = Object.freeze({ ...definition, stages: Object.freeze([...definition.stages]) });
    Object.freeze(this);
  }

  /** Where patterns over records of one type begin: `Pattern.of<Login>().begin("start")`. */
  static of<In>(): PatternStart<In> {
    return { begin: beginAnywhere } as PatternStart<In>;
  }

  /** The event must pass, and pass the conditions before. One that declares a second parameter sees the partial match (an iterative condition). */
  where<P extends (event: Event, context: ConditionContext<EventsByName<Done & Current>>) => boolean>(
    condition: P,
  ): Pattern<In, Done, Retyped<Current, Narrowed<Event, P>>, Narrowed<Event, P>> {
    const added = conditionOf(condition as unknown as ConditionFunction);
    return this.#changed(this.#eventStage("where"), (stage) => ({
      ...stage,
      condition: stage.condition === undefined ? added : and(stage.condition, added),
    }));
  }

  /** Or it passes this one. */
  or<P extends (event: In, context: ConditionContext<EventsByName<Done & Current>>) => boolean>(
    condition: P,
  ): Pattern<In, Done, Retyped<Current, Event | Narrowed<In, P>>, Event | Narrowed<In, P>> {
    const added = conditionOf(condition as unknown as ConditionFunction);
    return this.#changed(this.#eventStage("or"), (stage) => ({
      ...stage,
      condition: stage.condition === undefined ? added : or(stage.condition, added),
    }));
  }

  /** The event is an instance of a class. */
  subtype<Sub extends Event>(type: abstract new (...parameters: never[]) => Sub): Pattern<In, Done, Retyped<Current, Sub>, Sub> {
    return this.where((event: Event): event is Sub => event instanceof type) as unknown as Pattern<In, Done, Retyped<Current, Sub>, Sub>;
  }

  times(count: number, options?: RepetitionOptions): Pattern<In, Done, Current, Event>;
  times<From extends number>(from: From, to: number, options?: RepetitionOptions): Pattern<In, Done, MaybeFrom<From, Current>, Event>;
  /** So many times, or from so many to so many; from 0 on means optional. */
  times(from: number, to?: number | RepetitionOptions, options: RepetitionOptions = {}): Pattern<In, Done, object, Event> {
    const upTo = typeof to === "number" ? to : from;
    const { within } = typeof to === "object" ? to : options;
    return this.#changed(this.#last, (stage) => repeated(stage, "times", from, upTo, within));
  }

  oneOrMore(options: RepetitionOptions = {}): Pattern<In, Done, Current, Event> {
    return this.timesOrMore(1, options);
  }

  timesOrMore(count: number, options: RepetitionOptions = {}): Pattern<In, Done, Current, Event> {
    return this.#changed(this.#last, (stage) => repeated(stage, "looping", count, count, options.within));
  }

  optional(): Pattern<In, Done, Maybe<Current>, Event> {
    return this.#changed(this.#last, (stage) => optional(stage, this.definition.stages.at(-2)));
  }

  /** As many events as possible. */
  greedy(): Pattern<In, Done, Current, Event> {
    return this.#changed(this.#last, greedy);
  }

  /** Nothing may come between the occurrences of this stage. */
  consecutive(): Pattern<In, Done, Current, Event> {
    return this.#changed(this.#last, (stage) => inner(stage, "strict"));
  }

  /** Occurrences of this stage may be left out, so that all their combinations match. */
  allowCombinations(): Pattern<In, Done, Current, Event> {
    return this.#changed(this.#last, (stage) => inner(stage, "skipTillAny"));
  }

  /** Ends a looping stage: from the first event that passes, it takes no more. */
  until(condition: (event: In, context: ConditionContext<EventsByName<Done & Current>>) => boolean): Pattern<In, Done, Current, Event> {
    const stage = this.#last;
    if (stage.until !== undefined) refuse(`${titleOf(stage)} has an until condition already`, "put both into one function");
    if (stage.quantifier.kind !== "looping")
      refuse(`${titleOf(stage)} does not loop, so until can't end it`, "call oneOrMore or timesOrMore before until");
    return this.#changed(stage, (current) => ({ ...current, until: conditionOf(condition as unknown as ConditionFunction) }));
  }

  /**
   * The longest time, in ms, between the first and the last event of a match; or, with `previousAndCurrent`, between the
   * event before this stage and the stage's first one. A match is timed out when that time is reached.
   */
  within(ms: number, between: WithinType = "firstAndLast"): Pattern<In, Done, Current, Event> {
    const checked = checkedGap(ms);
    checkChoice("the events that a time lies between", between, ["firstAndLast", "previousAndCurrent"]);
    return this.#changed(this.#last, (stage) => (between === "firstAndLast" ? { ...stage, withinMs: checked } : { ...stage, gapMs: checked }));
  }

  /** Accepts that partial matches without `within` are kept for ever: the state grows with the stream. */
  unbounded(): Pattern<In, Done, Current, Event> {
    return new Pattern({ ...this.definition, unbounded: true });
  }

  next<const N extends string>(name: N): Pattern<In, Done & Current, Named<N, In>, In>;
  next<P extends AnyPattern<In>>(group: P): Pattern<In, Done & Current, StagesOf<P>, never>;
  /** The very next event (strict contiguity). */
  next(next: string | AnyPattern<In>): Pattern<In, Done & Current, object, In> {
    return this.#followed("strict", next);
  }

  followedBy<const N extends string>(name: N): Pattern<In, Done & Current, Named<N, In>, In>;
  followedBy<P extends AnyPattern<In>>(group: P): Pattern<In, Done & Current, StagesOf<P>, never>;
  /** The next event that matches; others are skipped (relaxed contiguity). */
  followedBy(next: string | AnyPattern<In>): Pattern<In, Done & Current, object, In> {
    return this.#followed("skipTillNext", next);
  }

  followedByAny<const N extends string>(name: N): Pattern<In, Done & Current, Named<N, In>, In>;
  followedByAny<P extends AnyPattern<In>>(group: P): Pattern<In, Done & Current, StagesOf<P>, never>;
  /** Any later event that matches, each one a match of its own (non-deterministic relaxed contiguity). */
  followedByAny(next: string | AnyPattern<In>): Pattern<In, Done & Current, object, In> {
    return this.#followed("skipTillAny", next);
  }

  /** The very next event must not match. */
  notNext(name: string): Pattern<In, Done & Current, None, In> {
    return this.#followed("notNext", name);
  }

  /** No event between the stage before and the one after may match; at the end of a pattern, none until `within` has passed. */
  notFollowedBy(name: string): Pattern<In, Done & Current, None, In> {
    return this.#followed("notFollowedBy", name);
  }

  get #last(): PatternStage {
    const stage = this.definition.stages.at(-1);
    return stage ?? refuse("a pattern needs a stage", "begin with begin(name)");
  }

  #eventStage(word: string): EventStage {
    const stage = this.#last;
    return stage.kind === "event"
      ? stage
      : refuse(`a group has no condition of its own, so ${word} can't follow it`, "put the condition on its stages");
  }

  #followed<C extends object>(contiguity: Contiguity, next: string | AnyPattern<In>): Pattern<In, Done & Current, C, In> {
    const previous = this.#last;
    if ((contiguity === "notNext" || contiguity === "notFollowedBy") && previous.quantifier.optional) {
      refuse(`${titleOf(previous)} is optional, so nothing can be forbidden after it`, "make two patterns, with it and without it");
    }
    return new Pattern({ ...this.definition, stages: [...this.definition.stages, stageOf(contiguity, next)] });
  }

  #changed<S extends PatternStage, C extends object, E>(stage: S, change: (stage: S) => PatternStage): Pattern<In, Done, C, E> {
    const stages = [...this.definition.stages.slice(0, -1), Object.freeze(change(stage))];
    return new Pattern<In, Done, C, E>({ ...this.definition, stages });
  }
}

/** Begins patterns over one type of records. */
export interface PatternStart<In> {
  begin<const N extends string>(name: N, skip?: AfterMatchSkip): Pattern<In, None, Named<N, In>, In>;
  /** A pattern whose first stage is a whole pattern. */
  begin<P extends AnyPattern<In>>(group: P, skip?: AfterMatchSkip): Pattern<In, None, StagesOf<P>, never>;
}

function beginAnywhere(first: string | AnyPattern<unknown>, skip: AfterMatchSkip = noSkip()): Pattern<unknown, None, object, unknown> {
  checkChoice("the kind of an after-match skip", skip.kind, ["noSkip", "skipToNext", "skipPastLastEvent", "skipToFirst", "skipToLast"]);
  return new Pattern({ stages: [stageOf("strict", first)], skip, unbounded: false });
}

function stageOf(contiguity: Contiguity, of: string | { readonly definition: PatternDefinition }): PatternStage {
  const base = { contiguity, quantifier: single, withinMs: undefined, gapMs: undefined, until: undefined };
  return Object.freeze(
    typeof of === "string" ? { ...base, kind: "event", name: of, condition: undefined } : { ...base, kind: "group", stages: of.definition.stages },
  );
}
