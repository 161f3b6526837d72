import type { Key, OperatorContext } from "@millrace/contracts";
import { checkReturned, NO_TIMESTAMP } from "@millrace/core";
import { createSideEmitter } from "@millrace/operators";
import type { Automaton } from "../compile/automaton.ts";
import { materialize } from "../nfa/found-match.ts";
import type { MatchBuffer } from "../nfa/match-buffer.ts";
import type { Found } from "../nfa/nfa.ts";
import type { CepSpec, MatchFunctionContext } from "./spec.ts";

/** Hands what was found to the user's function, and the function's results on. */
export class Emitter {
  readonly #names: readonly string[];
  readonly #function: CepSpec["function"];
  readonly #context: OperatorContext<unknown>;
  readonly #functionContext: MatchFunctionContext;
  readonly #collector = { collect: (value: unknown): void => this.#context.output.collect(value, this.#recordTime) };
  readonly #eventTime: boolean;
  #timestamp = 0;

  constructor(spec: CepSpec, automaton: Automaton, context: OperatorContext<unknown>) {
    this.#names = automaton.names;
    this.#function = spec.function;
    this.#context = context;
    this.#eventTime = spec.time === "event";
    const emitSide = createSideEmitter(spec.function.sideOutputs, context);
    this.#functionContext = {
      timestamp: () => this.#timestamp,
      currentWatermark: () => context.currentWatermark(),
      currentProcessingTime: () => context.now(),
      currentKey: (): Key => context.keyed.currentKey(),
      output: (tag, value) => emitSide(tag, value, this.#recordTime),
    };
  }

  /** As in Flink: what is found in processing time has no timestamp. */
  get #recordTime(): number {
    return this.#eventTime ? this.#timestamp : NO_TIMESTAMP;
  }

  /** Matches of time `time`, then what has timed out. */
  emit({ matches, timedOut }: Found, buffer: MatchBuffer, time: number): void {
    this.#timestamp = time;
    for (const match of matches) {
      checkReturned(this.#function.processMatch(materialize(buffer, this.#names, match), this.#functionContext, this.#collector));
    }
    if (this.#function.processTimedOutMatch === undefined) return;
    for (const { events, time: end } of timedOut) {
      this.#timestamp = end;
      checkReturned(this.#function.processTimedOutMatch(materialize(buffer, this.#names, events), this.#functionContext));
    }
  }
}
