import type { OperatorContext, StateHandles } from "@millrace/contracts";
import type { Automaton } from "../compile/automaton.ts";
import { MatchBuffer } from "../nfa/match-buffer.ts";
import { type Found, type Lapse, type Matches, Nfa } from "../nfa/nfa.ts";
import type { cepStates } from "./states.ts";

type States = StateHandles<ReturnType<typeof cepStates>>;

/** The matches of the current key: `load`, then events and time in turn, then `save`. */
export class KeyMatches {
  readonly #automaton: Automaton;
  readonly #states: States;
  readonly #buffer: MatchBuffer;
  readonly #nfa: Nfa;
  #loaded: Matches | undefined;
  #matches: Matches;

  constructor(automaton: Automaton, states: States, context: OperatorContext<unknown>, isOver: Lapse) {
    this.#automaton = automaton;
    this.#states = states;
    this.#buffer = new MatchBuffer(states.events, states.entries);
    this.#nfa = new Nfa(automaton, this.#buffer, () => context.now(), isOver);
    this.#matches = this.#nfa.initial();
  }

  get buffer(): MatchBuffer {
    return this.#buffer;
  }

  /** When the first partial match times out; Infinity: never. */
  get deadline(): number {
    return this.#nfa.deadline(this.#matches);
  }

  /** Whether a partial match began with the last event. */
  get began(): boolean {
    return this.#nfa.began;
  }

  load(): void {
    const stored = this.#states.matches.value();
    this.#buffer.nextEvent = stored?.nextEvent ?? 1;
    this.#buffer.nextEntry = stored?.nextEntry ?? 1;
    this.#loaded = stored;
    this.#matches = stored ?? this.#nfa.initial();
  }

  advance(time: number, found: Found): void {
    this.#matches = this.#nfa.advance(this.#matches, time, found);
  }

  process(event: unknown, time: number, found: Found): void {
    this.#matches = this.#nfa.process(this.#matches, event, time, found);
  }

  save(): void {
    this.#buffer.flush();
    if (this.#nfa.isInitial(this.#matches)) {
      if (this.#loaded !== undefined) this.#states.matches.clear();
    } else if (this.#matches !== this.#loaded) {
      const { partial, completed } = this.#matches;
      const { nextEvent, nextEntry } = this.#buffer;
      const pattern = this.#automaton.fingerprint;
      this.#states.matches.update({ pattern, partial: [...partial], completed: [...completed], nextEvent, nextEntry });
    }
  }
}
