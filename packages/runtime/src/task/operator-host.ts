import type {
  KeyedContext,
  KeyedStateBackend,
  Mailbox,
  Operator,
  OperatorContext,
  OperatorMetrics,
  Output,
  WatermarkStatus,
} from "@millrace/contracts";
import { assert, type Cancel, MillraceError, WATERMARK_MIN } from "@millrace/core";
import type { ChainCode } from "../chain/code.ts";

/** What a host asks of its task. */
export interface HostServices {
  now(): number;
  activeNow(): number;
  shouldYield(): boolean;
  /** An operator wants to be called at `time`; the task keeps the earliest of all. */
  wakeAt(time: number): void;
  /** An operator emitted a watermark or a status of its own; it flows on after the current call. */
  emitted(host: OperatorHost, event: OwnEvent): void;
  /** There is something in an operator's mailbox. */
  mailCame(): void;
  after(delayMs: number, task: () => void): Cancel;
  /** An operator takes nothing more for now, or takes it again. */
  held(host: OperatorHost, held: boolean): void;
  position(): string | undefined;
}

export type OwnEvent = { readonly kind: "watermark"; readonly watermark: number } | { readonly kind: "status"; readonly status: WatermarkStatus };

export interface HostPlace {
  readonly node: number;
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
}

/** One operator of a chain with its state backend, its watermark and its next wish to be woken. */
export class OperatorHost implements OperatorContext<unknown> {
  readonly node: number;
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly operator: Operator<unknown, unknown, unknown>;
  readonly backend: KeyedStateBackend | undefined;
  readonly metrics: OperatorMetrics;
  readonly output: Output<unknown>;
  /** Event time as the operator knows it. */
  watermark = WATERMARK_MIN;
  /** The operator is not done with it. */
  firing = false;
  /** All input has come and endInput has been called: timers of processing time do not fire any more, as in Flink. */
  inputEnded = false;
  /** When it wants onProcessingTime; Infinity when not. */
  wakeTime = Number.POSITIVE_INFINITY;
  /** What ended elsewhere and has not been dealt with, oldest first. */
  readonly mail: (() => void)[] = [];
  readonly mailbox: Mailbox;
  readonly #services: HostServices;

  constructor(
    place: HostPlace,
    operator: Operator<unknown, unknown, unknown>,
    backend: KeyedStateBackend | undefined,
    metrics: OperatorMetrics,
    code: ChainCode,
    services: HostServices,
  ) {
    this.node = place.node;
    this.uid = place.uid;
    this.subtask = place.subtask;
    this.parallelism = place.parallelism;
    this.operator = operator;
    this.backend = backend;
    this.metrics = metrics;
    this.#services = services;
    const post = (action: () => void): void => {
      this.mail.push(action);
      services.mailCame();
    };
    this.mailbox = { post, after: (delayMs, action) => services.after(delayMs, () => post(action)) };
    const sides = new Map<string, (value: unknown, timestamp: number) => void>();
    this.output = {
      collect: code.emit(place.node),
      side(name, value, timestamp) {
        let emit = sides.get(name);
        if (emit === undefined) {
          emit = code.side(place.node, name) ?? (() => undefined);
          sides.set(name, emit);
        }
        emit(value, timestamp);
      },
      watermark: (watermark) => services.emitted(this, { kind: "watermark", watermark }),
      status: (status) => services.emitted(this, { kind: "status", status }),
    };
  }

  get keyed(): KeyedContext {
    if (this.backend !== undefined) return this.backend;
    throw new MillraceError("STATE_NOT_KEYED", "this operator has no key, so it has no keyed state or timers", {
      where: { uid: this.uid },
      hint: "use keyBy before it",
    });
  }

  now(): number {
    return this.#services.now();
  }

  activeNow(): number {
    return this.#services.activeNow();
  }

  currentWatermark(): number {
    return this.watermark;
  }

  wakeAt(time: number): void {
    assert(!Number.isNaN(time), "a wake time is a number");
    if (time < this.wakeTime) this.wakeTime = time;
    this.#services.wakeAt(this.wakeTime);
  }

  hold(): void {
    this.#services.held(this, true);
  }

  release(): void {
    this.#services.held(this, false);
  }

  position(): string | undefined {
    return this.#services.position();
  }

  shouldYield(): boolean {
    return this.#services.shouldYield();
  }
}
