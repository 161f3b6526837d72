import type { AggregatingState, Key, Operator, OperatorContext, TimerService } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { userFunctionError } from "../../process/user-error.ts";
import { VOID_NAMESPACE, voidNamespaceCodec } from "../../process/void-namespace.ts";
import { checkWindow } from "../assigners/alignment.ts";
import type { AssignerContext } from "../assigners/assigner.ts";
import { firstNotBefore } from "../first-not-before.ts";
import { type Folding, foldingOf } from "../operator/folding.ts";
import { Lateness } from "../operator/lateness.ts";
import { Results } from "../operator/results.ts";
import { stateNames } from "../operator/state-names.ts";
import { windowForm } from "../operator/window-form.ts";
import type { Window } from "../spec.ts";
import { maxTimestamp } from "../triggers/trigger.ts";
import type { FastSpec } from "./is-fast.ts";
import { type OpenSession, openSessionsDeclaration, type SessionChange } from "./open-sessions.ts";

/**
 * Event-time sessions that fire once. A session that grows leaves its timer where it is: the timer looks at the session
 * when it fires, and is set anew for as long as the session has grown. So a record that lies in a session costs one access
 * to state, and one that lies in the latest of its key not even a window, where Flink's WindowOperator deletes and sets
 * timers and writes the set of windows for it.
 */
export class SessionOperator implements Operator<unknown, unknown> {
  readonly #spec: FastSpec;
  readonly #folding: Folding;
  /** Undefined: a record's window is the assigner's affair. */
  readonly #gapMs: number | undefined;
  #open: Opened | undefined;
  // What the changes below work on; they are made once, so that nothing is made per record.
  #window: Window = { start: 0, end: 0 };
  #value: unknown;
  #end = 0;
  #time = 0;
  #over: OpenSession | undefined;

  constructor(spec: FastSpec) {
    this.#spec = spec;
    this.#folding = foldingOf(spec.contents);
    const { shape } = spec.assigner;
    this.#gapMs = shape.kind === "interval" ? shape.gapMs : undefined;
  }

  open(context: OperatorContext<unknown>): void {
    const { keyed } = context;
    const { assigner, contents } = this.#spec;
    this.#open = {
      context,
      sessions: keyed.states({ [stateNames.openSessions]: openSessionsDeclaration(contents) })[stateNames.openSessions],
      timers: keyed.timers(stateNames.sessionTimers, voidNamespaceCodec, {
        onEventTime: (time) => this.#look(time),
        onProcessingTime: () => assert(false, "sessions of event time set no timers of processing time"),
      }),
      lateness: new Lateness(this.#spec, context),
      results: new Results(this.#spec, context, windowForm(assigner.shape)),
      assignerContext: { currentProcessingTime: () => context.now() },
      shouldYield: () => context.shouldYield(),
    };
  }

  processElement(value: unknown, timestamp: number): void {
    const { context, sessions, assignerContext, lateness } = this.#opened();
    let key: Key | undefined;
    try {
      key = this.#spec.keySelector(value);
      context.keyed.setCurrentKey(key);
      if (this.#gapMs !== undefined && holdsInLatest(sessions.get(), timestamp)) {
        this.#value = value;
        this.#end = timestamp + this.#gapMs;
        sessions.add(this.#growLatest);
        return;
      }
      let skipped = true;
      for (const window of this.#spec.assigner.assign(value, timestamp, assignerContext)) if (this.#take(checkWindow(window), value)) skipped = false;
      if (skipped) lateness.skipped(value, timestamp);
    } catch (error) {
      throw userFunctionError(error, { context, key });
    }
  }

  onWatermark(watermark: number): boolean {
    const { timers, shouldYield } = this.#opened();
    return timers.advanceEventTime(watermark, shouldYield);
  }

  /** False when the window is over already. */
  #take(window: Window, value: unknown): boolean {
    const { sessions, timers, lateness } = this.#opened();
    if (!touchesAny(sessions.get(), window)) {
      if (lateness.isLate(window)) return false;
      timers.registerEventTime(VOID_NAMESPACE, maxTimestamp(window));
    }
    this.#window = window;
    this.#value = value;
    sessions.add(this.#addRecord);
    return true;
  }

  /** The record lies in the latest session, as nearly all do. */
  readonly #growLatest: SessionChange = (sessions) => {
    const latest = sessions[sessions.length - 1] as OpenSession;
    if (this.#end > latest.end) latest.end = this.#end;
    latest.accumulator = this.#folding.add(latest.accumulator, this.#value);
  };

  /** The record's window becomes a session, or part of the one that it touches; sessions that it bridges become one. */
  readonly #addRecord: SessionChange = (sessions) => {
    const { start, end } = this.#window;
    const { first, add, merge } = this.#folding;
    const at = firstEndingFrom(sessions, start);
    const session = sessions[at];
    if (session === undefined || session.start > end) {
      sessions.splice(at, 0, { start, end, timer: end - 1, accumulator: first(this.#value) });
      return;
    }
    for (let next = sessions[at + 1]; next !== undefined && next.start <= end; next = sessions[at + 1]) {
      session.end = next.end;
      session.timer = Math.min(session.timer, next.timer);
      session.accumulator = merge(session.accumulator, next.accumulator);
      sessions.splice(at + 1, 1);
    }
    if (start < session.start) session.start = start;
    if (end > session.end) session.end = end;
    session.accumulator = add(session.accumulator, this.#value);
  };

  /** A timer fires: a session that ends here is over, and one that has grown since is looked at again at its end. */
  #look(time: number): void {
    const { context, sessions, results } = this.#opened();
    // Of a session that another one took in.
    if (sessions.get() === undefined) return;
    try {
      this.#time = time;
      this.#over = undefined;
      sessions.add(this.#takeOver);
      if (sessions.get()?.length === 0) sessions.clear();
      const over = this.#over as OpenSession | undefined;
      if (over === undefined) return;
      results.turnTo({ start: over.start, end: over.end });
      if (over.accumulator === undefined) results.clear();
      else results.emitAndClear(this.#folding.result(over.accumulator));
    } catch (error) {
      throw userFunctionError(error, { context, key: context.keyed.currentKey() });
    }
  }

  readonly #takeOver: SessionChange = (sessions) => {
    const { timers } = this.#opened();
    // Its time lies in the session that set it, which has only grown since, and in no other.
    const at = firstEndingFrom(sessions, this.#time + 1);
    const session = sessions[at];
    if (session === undefined) return;
    if (session.end - 1 === this.#time) {
      sessions.splice(at, 1);
      this.#over = session;
    } else if (session.timer === this.#time) {
      session.timer = session.end - 1;
      timers.registerEventTime(VOID_NAMESPACE, session.timer);
    }
  };

  #opened(): Opened {
    assert(this.#open !== undefined, "a window operator is opened before it is used");
    return this.#open;
  }
}

interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly sessions: AggregatingState<SessionChange, OpenSession[]>;
  readonly timers: TimerService<string>;
  readonly lateness: Lateness;
  readonly results: Results;
  readonly assignerContext: AssignerContext;
  readonly shouldYield: () => boolean;
}

function holdsInLatest(sessions: readonly OpenSession[] | undefined, time: number): boolean {
  if (sessions === undefined) return false;
  const latest = sessions[sessions.length - 1];
  return latest !== undefined && time >= latest.start && time <= latest.end;
}

/** Overlapping and touching are one, as in Flink's TimeWindow. */
function touchesAny(sessions: readonly OpenSession[] | undefined, window: Window): boolean {
  const session = sessions?.[firstEndingFrom(sessions, window.start)];
  return session !== undefined && session.start <= window.end;
}

/** Index of the first session that does not end before a time; behind all of them when there is none. A key may have many before the first watermark. */
function firstEndingFrom(sessions: readonly OpenSession[], time: number): number {
  return firstNotBefore(0, sessions.length, (index) => (sessions[index] as OpenSession).end < time);
}
