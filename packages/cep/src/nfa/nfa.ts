import { assert } from "@millrace/core";
import type { Automaton, AutomatonEdge, AutomatonState } from "../compile/automaton.ts";
import { skippedUpTo } from "./after-match.ts";
import { type EventNumbers, eventNumbers } from "./found-match.ts";
import type { MatchBuffer } from "./match-buffer.ts";
import { MatchContext } from "./match-context.ts";
import { dequeue, enqueue, retain } from "./match-queue.ts";
import { atStart, type PartialMatch } from "./partial-match.ts";

/** The partial matches of one key, and complete ones that wait for earlier ones; each list is a queue. Not changed in place. */
export interface Matches {
  readonly partial: readonly PartialMatch[];
  readonly completed: readonly PartialMatch[];
}

/** What an event or the passing of time led to. The events of matches are in the buffer until the next flush. */
export interface Found {
  readonly matches: EventNumbers[];
  readonly timedOut: TimedOut[];
}

export interface TimedOut {
  readonly events: EventNumbers;
  /** When its time was over. */
  readonly time: number;
}

/** Whether `ms` have passed from a time to another. Flink's sum overflows; the engine's own is `lapsed`. */
export type Lapse = (from: number, ms: number, now: number) => boolean;

export const lapsed: Lapse = (from, ms, now) => from + ms <= now;

/** From state to state without an event. A group that goes round for ever is refused where its pattern is made, unless that is done as in Flink. */
const STEPS_MAX = 100_000;

/** Runs an automaton over the events of one key after the other: whose they are is the caller's and the buffer's matter. */
export class Nfa {
  readonly #automaton: Automaton;
  readonly #buffer: MatchBuffer;
  readonly #context: MatchContext;
  readonly #isOver: Lapse;
  /** Number of the event that is being processed; 0 until a partial match takes it. */
  #event = 0;
  /** A partial match began with the last event. */
  began = false;

  constructor(automaton: Automaton, buffer: MatchBuffer, now: () => number, isOver: Lapse) {
    this.#isOver = isOver;
    this.#automaton = automaton;
    this.#buffer = buffer;
    this.#context = new MatchContext(automaton.names, buffer, now);
  }

  initial(): Matches {
    return { partial: [atStart(this.#automaton.start)], completed: [] };
  }

  isInitial({ partial, completed }: Matches): boolean {
    return partial.length === 1 && completed.length === 0;
  }

  /** When the first of the partial matches times out; Infinity: never. */
  deadline({ partial }: Matches): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const match of partial) if (match.entry !== 0) earliest = Math.min(earliest, this.#timeoutOf(match));
    return earliest;
  }

  /** Time is now `time`: partial matches whose time is over go, and those that only waited for that become matches. */
  advance(matches: Matches, time: number, found: Found): Matches {
    const partial: PartialMatch[] = [];
    const complete: PartialMatch[] = [];
    for (const match of matches.partial) {
      const end = match.entry === 0 ? undefined : this.#endOf(match, time);
      if (end === undefined) {
        enqueue(partial, match);
      } else if (this.#state(match).kind === "pending") {
        enqueue(complete, match);
      } else {
        found.timedOut.push({ events: eventNumbers(this.#buffer, match.entry, this.#automaton.names.length), time: end });
        this.#buffer.release(match.entry);
      }
    }
    return this.#emit(matches, partial, complete, found);
  }

  /** One event. Time has been advanced to its own. */
  process(matches: Matches, event: unknown, time: number, found: Found): Matches {
    this.#event = 0;
    this.began = false;
    const partial: PartialMatch[] = [];
    const complete: PartialMatch[] = [];
    for (const match of matches.partial) this.#step(match, event, time, partial, complete);
    return this.#emit(matches, partial, complete, found);
  }

  /** Adds what becomes of a partial match; where it is stopped, nothing but complete matches remain of it. */
  #step(match: PartialMatch, event: unknown, time: number, partial: PartialMatch[], complete: PartialMatch[]): void {
    const retained: PartialMatch[] = [];
    let stopped = false;
    for (const next of this.#next(match, event, time)) {
      const { kind } = this.#state(next);
      if (kind === "final") {
        enqueue(complete, next);
      } else if (kind === "stop") {
        stopped = true;
        this.#buffer.release(next.entry);
      } else {
        retained.push(next);
      }
    }
    for (const next of retained) {
      if (!stopped) enqueue(partial, next);
      else if (next.entry !== 0) this.#buffer.release(next.entry);
    }
  }

  #next(match: PartialMatch, event: unknown, time: number): PartialMatch[] {
    const next: PartialMatch[] = [];
    const beginning = match.entry === 0;
    // A partial match that stays where it is keeps its hold on its entry, so that nothing of it is written.
    let stays = beginning;
    this.#context.turnTo(match.entry, time);
    for (const edge of this.#openEdges(match, event, time)) {
      if (edge.action === "ignore") {
        if (beginning) continue;
        if (edge.target === match.state && !stays) {
          stays = true;
          next.push(match);
        } else {
          next.push({ ...match, state: edge.target });
          this.#buffer.hold(match.entry);
        }
      } else {
        this.#take(match, edge, event, time, next);
      }
    }
    if (beginning) next.push(match);
    if (!stays) this.#buffer.release(match.entry);
    return next;
  }

  #take(match: PartialMatch, edge: AutomatonEdge, event: unknown, time: number, next: PartialMatch[]): void {
    if (this.#event === 0) this.#event = this.#buffer.addEvent(event);
    const entry = this.#buffer.addEntry(edge.name, this.#event, match.entry);
    const beginning = match.entry === 0;
    this.began ||= beginning;
    const taken: PartialMatch = {
      state: edge.target,
      entry,
      start: beginning ? this.#event : match.start,
      startTime: beginning ? time : match.startTime,
      lastTime: time,
    };
    next.push(taken);
    this.#buffer.hold(entry);
    const final = this.#finalBehind(edge.target, event);
    if (final === undefined) return;
    next.push({ ...taken, state: final });
    this.#buffer.hold(entry);
  }

  /** Edges that the event may follow from a state, also after states that need no event. */
  #openEdges(match: PartialMatch, event: unknown, time: number): AutomatonEdge[] {
    const open: AutomatonEdge[] = [];
    const sinceLast = match.entry === 0 ? 0 : time - match.lastTime;
    const states = [match.state];
    let steps = 0;
    for (let state = states.pop(); state !== undefined; state = states.pop()) {
      assert(++steps < STEPS_MAX, "a pattern takes an event or comes to an end");
      for (const edge of this.#edgesOf(state)) {
        if (!edge.holds(event, this.#context)) continue;
        if (edge.action === "proceed") states.push(edge.target);
        else if (sinceLast < edge.gapMs) open.push(edge);
      }
    }
    return open;
  }

  /** The final state, if it is reached from a state without a further event. */
  #finalBehind(from: number, event: unknown): number | undefined {
    const states = [from];
    let steps = 0;
    for (let state = states.pop(); state !== undefined; state = states.pop()) {
      assert(++steps < STEPS_MAX, "a pattern takes an event or comes to an end");
      for (const edge of this.#edgesOf(state)) {
        if (edge.action !== "proceed" || !edge.holds(event, this.#context)) continue;
        if (this.#automaton.states[edge.target]?.kind === "final") return edge.target;
        states.push(edge.target);
      }
    }
    return undefined;
  }

  /** Emits the complete matches that no earlier partial match can make void, each with what the skip strategy does. */
  #emit(before: Matches, partial: PartialMatch[], complete: PartialMatch[], found: Found): Matches {
    if (complete.length === 0 && before.completed.length === 0) return this.#unlessSame(before, { partial, completed: before.completed });
    const { skip, names } = this.#automaton;
    const completed = [...before.completed];
    for (const match of complete) enqueue(completed, match);
    for (let first = completed[0]; first !== undefined; first = completed[0]) {
      const earlier = partial[0];
      if (skip.kind !== "noSkip" && earlier !== undefined && first.start > earlier.start) break;
      dequeue(completed);
      const events = eventNumbers(this.#buffer, first.entry, names.length);
      const last = skippedUpTo(skip, names, events);
      if (last !== undefined) this.#drop([partial, completed], last);
      found.matches.push(events);
      this.#buffer.release(first.entry);
    }
    return { partial, completed };
  }

  #drop(queues: readonly PartialMatch[][], last: number): void {
    for (const queue of queues) {
      retain(
        queue,
        (match) => match.start > last,
        (match) => this.#buffer.release(match.entry),
      );
    }
  }

  /** The same object when nothing changed, so that it need not be written. */
  #unlessSame(before: Matches, after: Matches): Matches {
    const same = before.partial.length === after.partial.length && after.partial.every((match, index) => match === before.partial[index]);
    return same ? before : after;
  }

  /** When the time of a partial match was over; undefined: it is not. */
  #endOf({ lastTime, startTime, state }: PartialMatch, now: number): number | undefined {
    const { gapMs } = this.#automaton.states[state] as AutomatonState;
    const { windowMs } = this.#automaton;
    if (gapMs !== Number.POSITIVE_INFINITY && this.#isOver(lastTime, gapMs, now)) return lastTime + gapMs;
    return windowMs !== Number.POSITIVE_INFINITY && this.#isOver(startTime, windowMs, now) ? startTime + windowMs : undefined;
  }

  #timeoutOf(match: PartialMatch): number {
    return Math.min(match.startTime + this.#automaton.windowMs, match.lastTime + this.#state(match).gapMs);
  }

  #state(match: PartialMatch): AutomatonState {
    return this.#automaton.states[match.state] as AutomatonState;
  }

  #edgesOf(state: number): readonly AutomatonEdge[] {
    return (this.#automaton.states[state] as AutomatonState).edges;
  }
}
