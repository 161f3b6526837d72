import { assert, NO_TIMESTAMP } from "@millrace/core";
import { OperatorHost } from "./operator-host.ts";
import type { HarnessOptions } from "./options.ts";
import type { HarnessOutput } from "./output-log.ts";
import { type HarnessStep, steps } from "./step.ts";

/** Calls of one step after which an operator that goes on yielding is taken to make no progress. */
const CALLS_PER_STEP_MAX = 100_000;

/**
 * Runs one operator alone, as the runtime would: Flink's operator test harness. Processing-time timers that are due fire
 * after each step; a firing reads the time that was set as the current time. Make it with `createHarness`.
 */
export class OperatorHarness<In, Out, In2 = never> {
  readonly #host: OperatorHost<In, Out, In2>;

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

  /** Does a step without a pause. */
  run(step: HarnessStep): void {
    const calls = this.#play(step);
    while (calls.next().done !== true);
  }

  /** Does a step and waits for `between` after every call into the operator, also when it yielded. */
  async runWith(step: HarnessStep, between: () => Promise<void>): Promise<void> {
    for (const _ of this.#play(step)) await between();
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

  *#play(step: HarnessStep): Generator<void> {
    const host = this.#host;
    switch (step.kind) {
      case "element":
        host.call((operator) => {
          if (step.input === 0) return operator.processElement(step.value as In, step.timestamp);
          assert(operator.processElement2 !== undefined, "this operator has one input");
          return operator.processElement2(step.value as In2, step.timestamp);
        });
        yield;
        break;
      case "watermark":
        if (host.combined.inputWatermark(step.input, step.watermark)) yield* this.#watermark();
        break;
      case "status":
        yield* this.#status(step.status, step.input);
        break;
      case "processingTime":
        host.now = step.time;
        break;
      case "endInput":
        host.call((operator) => operator.endInput?.());
        yield;
        break;
    }
    yield* this.#dueTimers();
  }

  *#watermark(): Generator<void> {
    const host = this.#host;
    yield* this.#untilDone(() => host.call((operator) => operator.onWatermark?.(host.combined.watermark) ?? true));
    if (!host.ownsWatermarks) host.log.forward({ kind: "watermark", watermark: host.combined.watermark });
  }

  *#status(status: "idle" | "active", input: 0 | 1): Generator<void> {
    const host = this.#host;
    const wasIdle = host.combined.idle;
    if (host.combined.inputStatus(input, status)) yield* this.#watermark();
    // With one input the status passes as it is, as in Flink's operators.
    if (host.inputs === 2 && wasIdle === host.combined.idle) return;
    if (host.ownsWatermarks) host.call((operator) => operator.onStatus?.(status));
    else host.log.forward({ kind: "status", status });
    yield;
  }

  *#dueTimers(): Generator<void> {
    const host = this.#host;
    while (host.takeDueWish()) {
      yield* this.#untilDone(() => host.call((operator) => operator.onProcessingTime?.(host.now) ?? true));
    }
  }

  /** Calls until the operator says that it is done; hands control back after each call. */
  *#untilDone(call: () => boolean): Generator<void> {
    for (let calls = 0; calls < CALLS_PER_STEP_MAX; calls++) {
      const done = call();
      yield;
      if (done) return;
    }
    assert(false, `the operator made no progress in ${CALLS_PER_STEP_MAX} calls`);
  }
}

/** Opens the operator; rejects when its `create` or `open` throws. */
export async function createHarness<In, Out, In2 = never>(options: HarnessOptions<In, Out, In2>): Promise<OperatorHarness<In, Out, In2>> {
  const host = new OperatorHost(options);
  await host.start();
  return new OperatorHarness(host);
}
