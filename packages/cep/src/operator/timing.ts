import type { KeyMatches } from "./key-matches.ts";
import { type KeyTimers, timerKinds } from "./key-timers.ts";

/** How the time of one key moves, and which timers make it. Calls are about the current key, whose matches are loaded. */
export interface Timing {
  /** An event waits for its time; a timer of kind `queue` is set. */
  queued(time: number): void;
  /** The key's matches were just loaded; `fired`: a timer of kind `deadline` fires now. */
  begin(fired: number | undefined): void;
  /** The times, in order, whose waiting events are to be taken now that a timer fires. */
  due(time: number, kind: number): readonly number[];
  /** Moves time on; `step` advances the matches to a time and emits what that leads to. */
  advance(time: number, step: (time: number) => void): void;
  /** An event of this time was processed. */
  processed(time: number): void;
  /** After a timer's events: the time to advance to. undefined: none. */
  readonly timeAfterTimer: number | undefined;
  /** The key is done for now. */
  end(): void;
}

/**
 * Everything happens at its time: each key has one timer for its partial matches, at the earliest time that one of them is
 * over. So results depend neither on how often a watermark comes nor on when the clock is read.
 */
export class ExactTiming implements Timing {
  readonly #matches: KeyMatches;
  readonly #timers: KeyTimers;
  #registered = Number.POSITIVE_INFINITY;
  readonly timeAfterTimer = undefined;

  constructor(matches: KeyMatches, timers: KeyTimers) {
    this.#matches = matches;
    this.#timers = timers;
  }

  queued(): void {}

  begin(fired: number | undefined): void {
    const { deadline } = this.#matches;
    // One that fires at another time was set when the pattern had other times: none is set for the deadline of today.
    this.#registered = fired === undefined ? deadline : Number.POSITIVE_INFINITY;
  }

  due(time: number, kind: number): readonly number[] {
    return kind === timerKinds.queue ? [time] : [];
  }

  advance(time: number, step: (time: number) => void): void {
    for (let { deadline } = this.#matches; deadline <= time; deadline = this.#matches.deadline) step(deadline);
  }

  processed(): void {}

  end(): void {
    const { deadline } = this.#matches;
    if (deadline === this.#registered) return;
    if (this.#registered !== Number.POSITIVE_INFINITY) this.#timers.delete(timerKinds.deadline, this.#registered);
    if (deadline !== Number.POSITIVE_INFINITY) this.#timers.register(timerKinds.deadline, deadline);
  }
}
