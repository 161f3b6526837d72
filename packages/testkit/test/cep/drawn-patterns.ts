import { Pattern, type PatternDefinition } from "@millrace/cep";
import fc from "fast-check";
import type { Event } from "./events.ts";
import type { Stage } from "./match-oracle.ts";

const letters = fc.constantFrom("a", "b", "c");
const anyLetter = fc.constantFrom("a", "b", "c", "d");

const drawnStage = fc.record({
  contiguity: fc.constantFrom("next", "followedBy", "followedByAny"),
  letter: letters,
  rising: fc.boolean(),
  count: fc.constantFrom<readonly [number, number]>([1, 1], [1, 1], [2, 2], [1, 2], [1, Number.POSITIVE_INFINITY], [2, Number.POSITIVE_INFINITY]),
  inner: fc.constantFrom("relaxed", "relaxed", "consecutive", "combinations"),
  optional: fc.boolean(),
  forbidden: fc.option(anyLetter, { nil: undefined, freq: 3 }),
  until: fc.option(anyLetter, { nil: undefined, freq: 4 }),
  gapMs: fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined, freq: 4 }),
  repetitionGapMs: fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined, freq: 4 }),
});

/** Stages that the language allows: nothing is forbidden before the first one or after an optional one. */
export const drawnStages = fc.array(drawnStage, { minLength: 1, maxLength: 3 }).map((drawn) =>
  drawn.map(({ count: [from, to], ...rest }, index): Stage => {
    const loops = from !== to;
    const single = from === 1 && to === 1;
    const optional = rest.optional && index > 0;
    const afterOptional = index > 1 && drawn[index - 1]?.optional === true;
    return {
      ...(rest as Pick<Stage, "contiguity" | "letter" | "rising" | "inner">),
      name: `s${index}`,
      from,
      to,
      optional,
      inner: single ? "relaxed" : (rest.inner as Stage["inner"]),
      forbidden: index === 0 || afterOptional ? undefined : rest.forbidden,
      until: loops && to === Number.POSITIVE_INFINITY ? rest.until : undefined,
      gapMs: index === 0 ? undefined : rest.gapMs,
      repetitionGapMs: single ? undefined : rest.repetitionGapMs,
    };
  }),
);

export const drawnEvents = fc.array(
  fc.record({
    key: fc.constantFrom("x", "x", "x", "y"),
    letter: anyLetter,
    value: fc.integer({ min: 0, max: 4 }),
    step: fc.integer({ min: 0, max: 3 }),
  }),
  {
    maxLength: 14,
  },
);

export function eventsOf(drawn: readonly { key: string; letter: string; value: number; step: number }[]): Event[] {
  let at = -5;
  return drawn.map(({ step, ...event }, id) => {
    at += step;
    return { ...event, id, at };
  });
}

export function patternOf(stages: readonly Stage[], withinMs: number): { readonly definition: PatternDefinition } {
  type Any = Pattern<Event, Readonly<Record<string, readonly Event[]>>, Readonly<Record<string, readonly Event[]>>, Event>;
  let pattern: Any | undefined;
  for (const stage of stages) {
    if (pattern !== undefined && stage.forbidden !== undefined) {
      pattern = pattern.notFollowedBy(`not before ${stage.name}`).where((event) => event.letter === stage.forbidden) as Any;
    }
    pattern = (pattern === undefined ? Pattern.of<Event>().begin(stage.name) : pattern[stage.contiguity](stage.name)) as Any;
    pattern = conditioned(pattern, stage);
    const within = stage.repetitionGapMs === undefined ? {} : { within: stage.repetitionGapMs };
    if (stage.to === Number.POSITIVE_INFINITY) pattern = pattern.timesOrMore(stage.from, within);
    else if (stage.to > 1) pattern = pattern.times(stage.from, stage.to, within) as Any;
    if (stage.inner === "consecutive") pattern = pattern.consecutive();
    if (stage.inner === "combinations") pattern = pattern.allowCombinations();
    if (stage.until !== undefined) pattern = pattern.until((event) => event.letter === stage.until);
    if (stage.optional) pattern = pattern.optional() as Any;
    if (stage.gapMs !== undefined) pattern = pattern.within(stage.gapMs, "previousAndCurrent");
  }
  return (pattern as Any).within(withinMs);

  function conditioned(to: Any, { letter, rising }: Stage): Any {
    if (!rising) return to.where((event) => event.letter === letter) as Any;
    // The last event matched so far, under whatever name.
    const names = stages.map((stage) => stage.name);
    return to.where((event, context) => {
      const last = names
        .flatMap((name) => context.events(name))
        .reduce<Event | undefined>((latest, one) => (latest === undefined || one.id > latest.id ? one : latest), undefined);
      return event.letter === letter && (last === undefined || event.value > last.value);
    }) as Any;
  }
}
