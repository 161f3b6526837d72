import type { Event } from "./events.ts";
import { forbiddenLetters } from "./forbidden-letters.ts";

/** A stage of the patterns that are drawn. */
export interface Stage {
  readonly name: string;
  readonly contiguity: "next" | "followedBy" | "followedByAny";
  readonly letter: string;
  /** The event's value must be above that of the last event matched so far. */
  readonly rising: boolean;
  readonly from: number;
  /** Infinity: no bound. */
  readonly to: number;
  readonly inner: "relaxed" | "consecutive" | "combinations";
  readonly optional: boolean;
  /** A letter that must not come before the stage's first event. */
  readonly forbidden: string | undefined;
  readonly until: string | undefined;
  readonly gapMs: number | undefined;
  readonly repetitionGapMs: number | undefined;
}

type Chosen = readonly (readonly [name: string, index: number])[];

/**
 * Every match in the events of one key, by trying all choices: what a pattern says, without an automaton. Each stage takes the
 * event at once after the last one, the next that passes, or any later one that passes.
 */
export function allMatches(events: readonly Event[], stages: readonly Stage[], withinMs: number): string[] {
  const found: string[] = [];

  /** `ended`: the last event was forbidden where it was taken, so that the match is complete with it or never. */
  function visit(at: number, count: number, chosen: Chosen, ended: boolean): void {
    const stage = stages[at];
    if (stage === undefined) {
      if (chosen.length > 0) found.push(textOf(events, chosen));
      return;
    }
    const enough = count >= stage.from || (count === 0 && stage.optional);
    if (enough && !(count === 0 && stage.optional && chosen.length === 0 && at === stages.length - 1)) visit(at + 1, 0, chosen, ended);
    if (ended || count === stage.to) return;
    for (const index of candidates(stage, at, count, chosen)) {
      visit(at, count + 1, [...chosen, [stage.name, index]], isForbidden(at, count, chosen, index));
    }
  }

  function candidates(stage: Stage, at: number, count: number, chosen: Chosen): number[] {
    const last = chosen.at(-1)?.[1];
    const passing = events.map((_, index) => index).filter((index) => index > (last ?? -1) && takes(stage, index, chosen));
    const within = passing.filter((index) => fits(stage, at, count, chosen, index));
    if (last === undefined) return within;
    const mode = count === 0 ? stage.contiguity : stage.inner;
    if (mode === "next" || mode === "consecutive") return within.filter((index) => index === last + 1);
    if (mode === "followedByAny" || mode === "combinations") return within;
    return within.filter((index) => index === passing[0]);
  }

  function takes(stage: Stage, index: number, chosen: Chosen): boolean {
    const event = events[index] as Event;
    if (event.letter !== stage.letter || event.letter === stage.until) return false;
    const previous = chosen.at(-1);
    return !stage.rising || previous === undefined || event.value > (events[previous[1]] as Event).value;
  }

  /** Times, what is forbidden between, and what has ended the loop. */
  function fits(stage: Stage, at: number, count: number, chosen: Chosen, index: number): boolean {
    const [first, last] = [chosen[0]?.[1], chosen.at(-1)?.[1]];
    if (first === undefined || last === undefined) return true;
    const time = (of: number): number => (events[of] as Event).at;
    if (time(index) - time(first) >= withinMs) return false;
    const gap = count === 0 ? stage.gapMs : stage.repetitionGapMs;
    if (gap !== undefined && time(index) - time(last) >= gap) return false;
    const between = events.slice(last + 1, index + 1);
    if (count > 0 && stage.until !== undefined && between.some((event) => event.letter === stage.until)) return false;
    return !between.slice(0, -1).some((_, passed) => isForbidden(at, count, chosen, last + 1 + passed));
  }

  function isForbidden(at: number, count: number, chosen: Chosen, index: number): boolean {
    const [name, last] = chosen.at(-1) ?? [];
    if (last === undefined) return false;
    return forbiddenLetters(stages, { at, count, last: name, later: index > last + 1 }).includes((events[index] as Event).letter);
  }

  visit(0, 0, [], false);
  return found.sort();
}

function textOf(events: readonly Event[], chosen: Chosen): string {
  const names = [...new Set(chosen.map(([name]) => name))];
  return names.map((name) => `${name}=${chosen.flatMap(([of, index]) => (of === name ? [(events[index] as Event).id] : [])).join(",")}`).join(" ");
}
