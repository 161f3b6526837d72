import { t } from "@millrace/codec";
import type { Key, MapState, OperatorContext, TimerService } from "@millrace/contracts";
import { MillraceError, NO_TIMESTAMP, returned } from "@millrace/core";
import { type Gathered, gathered, userFunctionError, valuesOf } from "@millrace/operators";
import type { Automaton } from "../compile/automaton.ts";
import type { Found, Lapse } from "../nfa/nfa.ts";
import { Emitter } from "./emitter.ts";
import { KeyMatches } from "./key-matches.ts";
import { KeyTimers, timerKinds } from "./key-timers.ts";
import type { CepSpec } from "./spec.ts";
import { cepStates } from "./states.ts";
import type { Timing } from "./timing.ts";

/** How time passes for partial matches. */
export interface TimeRules {
  readonly isOver: Lapse;
  timingOf(matches: KeyMatches, timers: KeyTimers, clock: "event" | "processing", context: OperatorContext<unknown>, windowMs: number): Timing;
}

/** The operator of a pattern once it is open. */
export class RunningCep {
  readonly #spec: CepSpec;
  readonly #context: OperatorContext<unknown>;
  readonly #matches: KeyMatches;
  readonly #queue: MapState<number, Gathered<unknown>>;
  readonly #service: TimerService<number>;
  readonly #timers: KeyTimers;
  readonly #timing: Timing;
  readonly #emitter: Emitter;
  readonly #mayMatter: ((event: unknown) => boolean) | undefined;
  readonly #shouldYield: () => boolean;

  constructor(spec: CepSpec, automaton: Automaton, context: OperatorContext<unknown>, rules: TimeRules) {
    const { keyed } = context;
    this.#spec = spec;
    this.#context = context;
    const states = keyed.states(cepStates(automaton, spec.codec));
    this.#matches = new KeyMatches(automaton, states, context, rules.isOver);
    this.#queue = states.queue as MapState<number, Gathered<unknown>>;
    this.#service = keyed.timers("cep-timers", t.integer(), {
      onEventTime: (time, kind) => this.#timer(time, kind),
      onProcessingTime: (time, kind) => this.#timer(time - 1, kind),
    });
    this.#timers = new KeyTimers(this.#service, spec.time);
    this.#timing = rules.timingOf(this.#matches, this.#timers, spec.time, context, automaton.windowMs);
    this.#emitter = new Emitter(spec, automaton, context);
    this.#mayMatter = automaton.mayMatter;
    this.#shouldYield = () => context.shouldYield();
    this.#service.onEarlier((time) => context.wakeAt(time));
    this.#wakeForNext();
  }

  /** An event in event time waits for the watermark; a late one is lost to the pattern. */
  arrive(event: unknown, timestamp: number): void {
    if (!Number.isFinite(timestamp)) throw noTime(timestamp, this.#context.uid);
    if (timestamp <= this.#context.currentWatermark()) this.#late(event, timestamp);
    else if (this.#matters(event)) this.#enqueue(event, timestamp);
  }

  /** An event in processing time. */
  arriveNow(event: unknown): void {
    if (!this.#matters(event)) return;
    const now = this.#context.now();
    // A comparator orders the events of one reading of the clock.
    if (this.#spec.comparator !== undefined) this.#enqueue(event, now);
    else this.#forKeyOf(event, () => this.#run(undefined, () => this.#take([event], now)));
  }

  onWatermark(watermark: number): boolean {
    return this.#service.advanceEventTime(watermark, this.#shouldYield);
  }

  onProcessingTime(now: number): boolean {
    if (!this.#service.advanceProcessingTime(now, this.#shouldYield)) return false;
    this.#wakeForNext();
    return true;
  }

  /** Asked before anything is looked up: most events of most streams are none of a pattern's. */
  #matters(event: unknown): boolean {
    if (this.#mayMatter === undefined) return true;
    try {
      return this.#mayMatter(event);
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key: undefined });
    }
  }

  #late(event: unknown, timestamp: number): void {
    const { metrics, output } = this.#context;
    if (this.#spec.lateOutput === undefined) {
      metrics.lateDropped++;
    } else {
      metrics.lateSide++;
      output.side(this.#spec.lateOutput, event, timestamp);
    }
  }

  #enqueue(event: unknown, time: number): void {
    this.#forKeyOf(event, () => {
      const waiting = this.#queue.get(time);
      this.#queue.put(time, gathered(waiting, event));
      if (waiting === undefined) this.#timers.register(timerKinds.queue, time);
      this.#timing.queued(time);
    });
  }

  #timer(time: number, kind: number): void {
    this.#guarded(this.#context.keyed.currentKey(), () =>
      this.#run(kind === timerKinds.deadline ? time : undefined, () => {
        for (const due of this.#timing.due(time, kind)) this.#takeQueued(due);
        const after = kind === timerKinds.deadline ? Math.max(time, this.#timing.timeAfterTimer ?? time) : this.#timing.timeAfterTimer;
        if (after !== undefined) this.#advance(after);
      }),
    );
  }

  #takeQueued(time: number): void {
    const events = valuesOf(this.#queue.get(time) ?? []);
    this.#queue.remove(time);
    const { comparator } = this.#spec;
    this.#take(comparator === undefined ? events : events.toSorted((a, b) => returned(comparator(a, b))), time);
  }

  /** Events of one time, in their order. */
  #take(events: readonly unknown[], time: number): void {
    this.#advance(time);
    for (const event of events) {
      const found = newFound();
      this.#matches.process(event, time, found);
      this.#timing.processed(time);
      this.#emitter.emit(found, this.#matches.buffer, time);
    }
  }

  #advance(time: number): void {
    this.#timing.advance(time, (step) => {
      const found = newFound();
      this.#matches.advance(step, found);
      this.#emitter.emit(found, this.#matches.buffer, step);
    });
  }

  #run(fired: number | undefined, work: () => void): void {
    this.#matches.load();
    this.#timing.begin(fired);
    work();
    this.#matches.save();
    this.#timing.end();
  }

  #forKeyOf(event: unknown, work: () => void): void {
    let key: Key | undefined;
    try {
      key = this.#spec.keySelector(event);
      this.#context.keyed.setCurrentKey(key);
      work();
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key });
    }
  }

  #guarded(key: Key, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key });
    }
  }

  #wakeForNext(): void {
    const next = this.#service.nextProcessingTime();
    if (next < Number.POSITIVE_INFINITY) this.#context.wakeAt(next);
  }
}

function newFound(): Found {
  return { matches: [], timedOut: [] };
}

function noTime(timestamp: number, uid: string): MillraceError {
  const what = timestamp === NO_TIMESTAMP ? "without a timestamp" : "from the end of time";
  return new MillraceError("CEP_TIMESTAMP", `a record ${what} came to a pattern in event time`, {
    hint:
      timestamp === NO_TIMESTAMP
        ? "call assignTimestampsAndWatermarks before the pattern, or look for it inProcessingTime()"
        : "results of the global window carry no time of their own: call assignTimestampsAndWatermarks after it",
    where: { uid },
  });
}
