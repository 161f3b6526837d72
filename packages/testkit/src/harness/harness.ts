import { assert, NO_TIMESTAMP } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { OperatorHost } from "./operator-host.ts";
import type { HarnessOptions } from "./options.ts";
import type { HarnessOutput } from "./output-log.ts";
import { type HarnessStep, steps } from "./step.ts";

/** Calls of one step after which an operator that goes on yielding is taken to make no progress. */
const CALLS_PER_STEP_MAX = 100_000;

/** After a call into the operator, or when promises should go on first. */
type Pause = "call" | "promises";

/**
 * Runs one operator alone, as the runtime would: Flink's operator test harness. Processing-time timers that are due fire
 * after each step; a firing reads the time that was set as the current time. Make it with `createHarness`.
 */
export class OperatorHarness<In, Out, In2 = never> {
  readonly #host: OperatorHost<In, Out, In2>;
  /** Input that the operator has not taken, because it holds. */
  readonly #waiting: (() => Generator<Pause>)[] = [];

  constructor(host: OperatorHost<In, Out, In2>) {
    this.#host = host;
  }

  /** Everything emitted, in order. */
  get outputs(): readonly HarnessOutput<Out>[] {
    return this.#host.log.entries;
  }

  /** Values of the main output, in order. */
  values(): Out[] {
    return this.outputs.flatMap((entry) => (entry.kind === "record" ? [entry.value] : []));
  }

  get metrics(): OperatorHost<In, Out, In2>["metrics"] {
    return this.#host.metrics;
  }

  element(value: In | In2, timestamp: number = NO_TIMESTAMP, input: 0 | 1 = 0): void {
    this.run(steps.element(value, timestamp, input));
  }

  watermark(watermark: number, input: 0 | 1 = 0): void {
    this.run(steps.watermark(watermark, input));
  }

  status(status: "idle" | "active", input: 0 | 1 = 0): void {
    this.run(steps.status(status, input));
  }

  setProcessingTime(time: number): void {
    this.run(steps.processingTime(time));
  }

  endInput(): void {
    this.run(steps.endInput());
  }

  /** Does a step without a pause: what depends on promises happens in `settle`, or in a later step. */
  run(step: HarnessStep): void {
    const calls = this.#play(step);
    while (calls.next().done !== true);
  }

  /** Waits until every promise that can go on by itself has done so, and does what follows from that. */
  async settle(): Promise<void> {
    await settlePromises();
    for (const pause of this.#settle()) if (pause === "promises") await settlePromises();
  }

  /** Moves processing time on by `ms`; everything that is due on the way happens in its order, also what waits for promises. */
  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.runWith(steps.processingTime(this.#host.clock.now() + ms), async () => undefined);
  }

  /** Does a step and waits for `between` after every call into the operator, also when it yielded. */
  async runWith(step: HarnessStep, between: () => Promise<void>): Promise<void> {
    for (const pause of this.#play(step)) {
      if (pause === "call") await between();
      else await settlePromises();
    }
  }

  /** Takes a snapshot and goes on with a new operator over a new backend restored from it. */
  restart(): Promise<void> {
    return this.#host.restart();
  }

  /** True when no keyed state and no timer is left; undefined for an operator without a key. */
  stateEmpty(): boolean | undefined {
    return this.#host.stateEmpty();
  }

  timerCounts(): { readonly event: number; readonly processing: number } {
    return this.#host.timerCounts();
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  *#play(step: HarnessStep): Generator<Pause> {
    const host = this.#host;
    if (step.kind === "processingTime") {
      while (host.clock.runNext(step.time)) yield* this.#settle();
      host.clock.set(step.time);
    } else {
      this.#waiting.push(() => this.#input(step));
    }
    yield* this.#settle();
  }

  /** Mail, timers that are due, and input while the operator takes it, until there is nothing left to do at this time. */
  *#settle(): Generator<Pause> {
    const host = this.#host;
    for (;;) {
      if (host.usesMailbox) yield "promises";
      if (host.mail.length > 0) {
        // What a restored operator posts belongs to its restore: it would not get on if it were restored again before that.
        if (host.readMail() === "restored") continue;
        yield "call";
      } else if (host.takeDueWish()) {
        yield* this.#untilDone(() => host.call((operator) => operator.onProcessingTime?.(host.clock.now()) ?? true));
      } else {
        const input = host.held ? undefined : this.#waiting.shift();
        if (input === undefined) return;
        yield* input();
      }
    }
  }

  *#input(step: Exclude<HarnessStep, { kind: "processingTime" }>): Generator<Pause> {
    const host = this.#host;
    switch (step.kind) {
      case "element":
        host.call((operator) => {
          if (step.input === 0) return operator.processElement(step.value as In, step.timestamp);
          assert(operator.processElement2 !== undefined, "this operator has one input");
          return operator.processElement2(step.value as In2, step.timestamp);
        });
        yield "call";
        return;
      case "watermark":
        if (host.combined.inputWatermark(step.input, step.watermark)) yield* this.#watermark();
        return;
      case "status":
        yield* this.#status(step.status, step.input);
        return;
      case "endInput":
        host.call((operator) => operator.endInput?.());
        yield "call";
    }
  }

  *#watermark(): Generator<Pause> {
    const host = this.#host;
    const fire = (): boolean => host.call((operator) => operator.onWatermark?.(host.combined.watermark) ?? true);
    if (yield* this.#untilDone(fire)) this.#watermarkDone();
    else this.#waiting.unshift(() => this.#watermarkAgain(fire));
  }

  /** One that waits for an operator to let go; it is no call of its own while it goes on waiting. */
  *#watermarkAgain(fire: () => boolean): Generator<Pause> {
    const done = fire();
    if (done) {
      yield "call";
      this.#watermarkDone();
    } else if (this.#host.held) this.#waiting.unshift(() => this.#watermarkAgain(fire));
    else yield* this.#watermark();
  }

  #watermarkDone(): void {
    const host = this.#host;
    if (!host.ownsWatermarks) host.log.forward({ kind: "watermark", watermark: host.combined.watermark });
  }

  *#status(status: "idle" | "active", input: 0 | 1): Generator<Pause> {
    const host = this.#host;
    const wasIdle = host.combined.idle;
    if (host.combined.inputStatus(input, status)) yield* this.#watermark();
    // With one input the status passes as it is, as in Flink's operators.
    if (host.inputs === 2 && wasIdle === host.combined.idle) return;
    if (host.ownsWatermarks) host.call((operator) => operator.onStatus?.(status));
    else host.log.forward({ kind: "status", status });
    yield "call";
  }

  /** Calls until the operator says that it is done (true), or holds (false); hands control back after each call. */
  *#untilDone(call: () => boolean): Generator<Pause, boolean> {
    for (let calls = 0; calls < CALLS_PER_STEP_MAX; calls++) {
      const done = call();
      const waits = this.#host.held;
      yield "call";
      if (done || waits) return done;
    }
    assert(false, `the operator made no progress in ${CALLS_PER_STEP_MAX} calls`);
  }
}

/** Resolves when every promise that can go on by itself has done so. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => nodePorts.scheduler.immediate(resolve));
}

/** Opens the operator; rejects when its `create` or `open` throws. */
export async function createHarness<In, Out, In2 = never>(options: HarnessOptions<In, Out, In2>): Promise<OperatorHarness<In, Out, In2>> {
  const host = new OperatorHost(options);
  await host.start();
  return new OperatorHarness(host);
}
