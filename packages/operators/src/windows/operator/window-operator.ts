import type { Key, Namespace, Operator, OperatorContext, TimerService } from "@millrace/contracts";
import { assert, MillraceError } from "@millrace/core";
import { userFunctionError } from "../../process/user-error.ts";
import { checkWindow } from "../assigners/alignment.ts";
import type { Window, WindowSpec } from "../spec.ts";
import { checkTriggerResult, fires, purges, type TriggerResult } from "../triggers/trigger.ts";
import { type Firing, openFiring } from "./firing.ts";
import { ForgetfulMergingWindows } from "./forgetful-merging-windows.ts";
import { Lateness } from "./lateness.ts";
import { type Addition, MergingWindows } from "./merging-windows.ts";
import { stateNames } from "./state-names.ts";
import { TriggerCalls } from "./trigger-calls.ts";
import { type WindowForm, windowForm } from "./window-form.ts";

/** Whether a session that grew keeps its contents when a record's own window equals it; Flink loses them. */
export type SessionOwnWindow = "kept" | "lost";

/**
 * Windows of every kind, with any trigger and evictor (Flink's WindowOperator and EvictingWindowOperator): contents per
 * key and window, timers per key and window, one of which ends the window's life.
 */
export class WindowOperator implements Operator<unknown, unknown> {
  readonly #spec: WindowSpec;
  readonly #form: WindowForm;
  readonly #sessionOwnWindow: SessionOwnWindow;
  #open: Opened | undefined;

  constructor(spec: WindowSpec, sessionOwnWindow: SessionOwnWindow) {
    this.#spec = spec;
    this.#sessionOwnWindow = sessionOwnWindow;
    this.#form = windowForm(spec.assigner.shape);
  }

  open(context: OperatorContext<unknown>): void {
    const { assigner } = this.#spec;
    const timers = context.keyed.timers(stateNames.timers, this.#form.codec, {
      onEventTime: (time, namespace) => this.#fireTimer("event", time, namespace),
      onProcessingTime: (time, namespace) => this.#fireTimer("processing", time, namespace),
    });
    const firing = openFiring(this.#spec, context, this.#form);
    this.#open = {
      context,
      timers,
      firing,
      trigger: new TriggerCalls(this.#spec.trigger ?? assigner.defaultTrigger, context, this.#form, timers),
      lateness: new Lateness(this.#spec, context),
      sessions: assigner.merging ? this.#openSessions(context, firing) : undefined,
      assignerContext: { currentProcessingTime: () => context.now() },
      shouldYield: () => context.shouldYield(),
    };
    timers.onEarlier((time) => context.wakeAt(time));
    this.#wakeForTimers();
  }

  #openSessions({ keyed }: OperatorContext<unknown>, { contents }: Firing): MergingWindows {
    if (this.#sessionOwnWindow === "kept") return new MergingWindows(keyed);
    return new ForgetfulMergingWindows(keyed, (namespace) => contents.clear(namespace));
  }

  processElement(value: unknown, timestamp: number): void {
    const { context } = this.#opened();
    let key: Key | undefined;
    try {
      key = this.#spec.keySelector(value);
      context.keyed.setCurrentKey(key);
      this.#addToWindows(value, timestamp);
    } catch (error) {
      throw userFunctionError(error, { context, key });
    }
  }

  onWatermark(watermark: number): boolean {
    const { timers, shouldYield } = this.#opened();
    return timers.advanceEventTime(watermark, shouldYield);
  }

  onProcessingTime(now: number): boolean {
    const { timers, shouldYield } = this.#opened();
    const done = timers.advanceProcessingTime(now, shouldYield);
    if (done) this.#wakeForTimers();
    return done;
  }

  #addToWindows(value: unknown, timestamp: number): void {
    const { lateness, sessions, assignerContext } = this.#opened();
    let skipped = true;
    for (const window of this.#spec.assigner.assign(value, timestamp, assignerContext)) {
      checkWindow(window);
      const taken = sessions === undefined ? this.#addTo(window, value, timestamp) : this.#addToSession(sessions, window, value, timestamp);
      if (taken) skipped = false;
    }
    if (skipped) lateness.skipped(value, timestamp);
  }

  /** False when the window is gone already. */
  #addTo(window: Window, value: unknown, timestamp: number): boolean {
    if (this.#opened().lateness.isLate(window)) return false;
    const namespace = this.#form.encode(window);
    this.#addElement(window, namespace, namespace, value, timestamp);
    return true;
  }

  #addToSession(sessions: MergingWindows, assigned: Window, value: unknown, timestamp: number): boolean {
    const addition = sessions.add(assigned);
    const { window } = addition;
    if (addition.merged.length > 0) this.#merge(addition);
    if (this.#opened().lateness.isLate(window)) {
      sessions.remove(window);
      return false;
    }
    this.#addElement(window, this.#form.encode(window), addition.contents, value, timestamp);
    return true;
  }

  #addElement(window: Window, namespace: Namespace, contentsOf: Namespace, value: unknown, timestamp: number): void {
    const { firing, trigger } = this.#opened();
    firing.contents.add(contentsOf, value, timestamp);
    this.#heed(trigger.onElement(value, timestamp, window, namespace), window, contentsOf);
    this.#setCleanup(window, namespace, "register");
  }

  /** Windows became one: the trigger moves its state and timers, and the contents come together. */
  #merge(addition: Addition): void {
    const { firing, trigger } = this.#opened();
    this.#checkMerge(addition.window);
    trigger.onMerge(addition.window, addition.merged);
    for (const window of addition.merged) {
      const namespace = this.#form.encode(window);
      trigger.clear(window, namespace);
      this.#setCleanup(window, namespace, "delete");
    }
    firing.contents.merge(addition.contents, addition.mergedContents);
  }

  /** As Flink: a merge must not give a window that is over already. */
  #checkMerge(window: Window): void {
    const { context, lateness } = this.#opened();
    if (!lateness.isOverAtMerge(window)) return;
    const { assigner, allowedLatenessMs } = this.#spec;
    const event = assigner.time === "event";
    if (event && allowedLatenessMs === Number.POSITIVE_INFINITY) {
      throw new MillraceError("WINDOW_MERGE", "sessions can't be merged while records may be late for ever", {
        hint: "allow a long but finite lateness, e.g. days(365)",
      });
    }
    throw new MillraceError(
      "WINDOW_MERGE",
      `a session [${window.start}, ${window.end}) came about by a merge when its time was over already (${event ? `watermark ${context.currentWatermark()}` : `clock ${context.now()}`})`,
      {
        hint: "give all records of a key gaps of a similar length, or allow more lateness",
      },
    );
  }

  #fireTimer(domain: "event" | "processing", time: number, namespace: Namespace): void {
    try {
      this.#onTimer(domain, time, namespace);
    } catch (error) {
      const { context } = this.#opened();
      throw userFunctionError(error, { context, key: context.keyed.currentKey() });
    }
  }

  #onTimer(domain: "event" | "processing", time: number, namespace: Namespace): void {
    const { trigger, sessions, firing, lateness } = this.#opened();
    const window = this.#form.decode(namespace);
    const contentsOf = sessions === undefined ? namespace : sessions.contentsOf(window);
    // A timer that a trigger left behind when its window was merged into another.
    if (contentsOf === undefined) return;
    const result = domain === "event" ? trigger.onEventTime(time, window, namespace) : trigger.onProcessingTime(time, window, namespace);
    this.#heed(result, window, contentsOf);
    if (domain !== this.#spec.assigner.time || time !== lateness.cleanupTime(window)) return;
    firing.contents.clear(contentsOf);
    trigger.clear(window, namespace);
    firing.windowCleared(window);
    sessions?.remove(window);
  }

  #heed(result: TriggerResult, window: Window, contentsOf: Namespace): void {
    checkTriggerResult(result);
    const { firing } = this.#opened();
    if (fires(result)) firing.fire(window, contentsOf);
    if (purges(result)) firing.contents.clear(contentsOf);
  }

  #setCleanup(window: Window, namespace: Namespace, action: "register" | "delete"): void {
    const { timers, lateness } = this.#opened();
    const time = lateness.cleanupTime(window);
    if (time === Number.POSITIVE_INFINITY) return;
    if (this.#spec.assigner.time === "event") {
      if (action === "register") timers.registerEventTime(namespace, time);
      else timers.deleteEventTime(namespace, time);
    } else if (action === "register") timers.registerProcessingTime(namespace, time);
    else timers.deleteProcessingTime(namespace, time);
  }

  #wakeForTimers(): void {
    const { context, timers } = this.#opened();
    const next = timers.nextProcessingTime();
    if (next !== Number.POSITIVE_INFINITY) context.wakeAt(next);
  }

  #opened(): Opened {
    assert(this.#open !== undefined, "a window operator is opened before it is used");
    return this.#open;
  }
}

/** What there is once the operator is open. */
interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly timers: TimerService<Namespace>;
  readonly firing: Firing;
  readonly trigger: TriggerCalls;
  readonly lateness: Lateness;
  /** Of a merging assigner. */
  readonly sessions: MergingWindows | undefined;
  readonly assignerContext: { currentProcessingTime(): number };
  readonly shouldYield: () => boolean;
}
