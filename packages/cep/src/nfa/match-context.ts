import type { ConditionContext } from "../pattern/condition.ts";
import { eventNumbers, materialize } from "./found-match.ts";
import type { MatchBuffer } from "./match-buffer.ts";

/**
 * What conditions see: one object, turned to a partial match before its conditions are asked. Events are looked up when asked for. A condition may take
 * what it calls out of it, as out of any context.
 */
export class MatchContext implements ConditionContext {
  readonly #names: readonly string[];
  readonly #buffer: MatchBuffer;
  readonly #now: () => number;
  #entry = 0;
  #time = 0;
  #events: Readonly<Record<string, readonly unknown[]>> | undefined;

  constructor(names: readonly string[], buffer: MatchBuffer, now: () => number) {
    this.#names = names;
    this.#buffer = buffer;
    this.#now = now;
  }

  turnTo(entry: number, time: number): void {
    this.#entry = entry;
    this.#time = time;
    this.#events = undefined;
  }

  readonly events = (name: string): readonly unknown[] => {
    this.#events ??= materialize(this.#buffer, this.#names, eventNumbers(this.#buffer, this.#entry, this.#names.length));
    // A name that no event can have, as of a stage that forbids, may be one that every object has.
    return Object.hasOwn(this.#events, name) ? (this.#events[name] ?? []) : [];
  };

  readonly timestamp = (): number => this.#time;

  readonly currentProcessingTime = (): number => this.#now();
}
