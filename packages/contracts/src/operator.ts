import type { Cancel } from "@millrace/core";
import type { KeyedContext } from "./keyed-state.ts";

/**
 * Where an operator's results go. Calls are synchronous: the record is dealt with by the rest of the chain, or stands in
 * an output buffer, when `collect` returns. Buffers are elastic within one call; `OperatorContext.shouldYield` says when
 * to stop making more.
 */
export interface Output<Out> {
  /** Emits one record. `timestamp` is NO_TIMESTAMP when it has none. */
  collect(value: Out, timestamp: number): void;
  /** Emits to the side output of that name; it must be declared in the plan. Nobody listening: counted and gone. */
  side(name: string, value: unknown, timestamp: number): void;
  /**
   * Emits a watermark from an operator that makes its own (`ownsWatermarks`). It takes effect after the current call:
   * records emitted in that call go before it.
   */
  watermark(watermark: number): void;
  /** As `watermark`, for idleness. */
  status(status: WatermarkStatus): void;
}

export type WatermarkStatus = "idle" | "active";

/**
 * One step of a chain that is more than a function. The runtime calls it from one thread, never re-entrantly:
 *
 *   open → restoreState? → (processElement | processElement2 | onWatermark | onProcessingTime | mail | snapshotState)* → endInput? → close
 *
 * All but `open` and `close` are synchronous. Keyed state and timers live in `context.keyed` and are snapshotted by it;
 * `snapshotState` is for the rest.
 */
export interface Operator<In, Out, In2 = never> {
  /** Once, before anything else; keyed state is already restored. May be asynchronous. */
  open?(context: OperatorContext<Out>): void | Promise<void>;

  /** One record of the first input. A keyed operator sets the key itself through `context.keyed.setCurrentKey`. */
  processElement(value: In, timestamp: number): void;

  /** One record of the second input of a connected pair. */
  processElement2?(value: In2, timestamp: number): void;

  /**
   * Event time reached `watermark` (risen strictly, combined over inputs; one that owns its watermarks is told again after a
   * restore where it stands, to tell others). Fires everything due up to and including it.
   * true: all done, and the runtime forwards the watermark. false: output is full or the slice is over; the runtime
   * calls again with the same argument before any other record, and a checkpoint may come between: what has not fired
   * must be in state. An operator without this method lets watermarks through.
   */
  onWatermark?(watermark: number): boolean;

  /**
   * A time asked for with `context.wakeAt` is over. Fires what is due up to and including `now`, the last millisecond in which
   * no record comes any more, which the clock has passed; returns as `onWatermark`.
   */
  onProcessingTime?(now: number): boolean;

  /** Upstream's idleness changed. Only for operators that own their watermarks; others let it through. */
  onStatus?(status: WatermarkStatus): void;

  /** Watermarks and statuses from upstream are not forwarded by the runtime: this operator emits its own. */
  readonly ownsWatermarks?: boolean;

  /** Every input has ended, before the last watermark. Emit what is buffered; a snapshot may still come, which must not hold it any more. */
  endInput?(): void;

  /**
   * At the barrier: non-keyed state as a list of items, each written by `stateCodec`-free JSON. The items of all subtasks
   * are dealt out anew when parallelism changes, as `stateMode` says.
   */
  snapshotState?(): readonly OperatorStateItem[];

  /**
   * "split" (default): each item goes to one subtask. "union": every subtask gets all items of all, after every restore.
   * "broadcast": all subtasks hold the same items, and each gets one copy.
   */
  readonly stateMode?: "split" | "union" | "broadcast";

  /** After `open` when a snapshot is restored: this subtask's share of the items. */
  restoreState?(items: readonly OperatorStateItem[]): void;

  /** Frees what `open` took, also after a failure; called once. */
  close?(): void | Promise<void>;
}

/** One item of non-keyed operator state, as JSON. */
export type OperatorStateItem = import("@millrace/core").Json;

/** What an operator may ask of the runtime. */
export interface OperatorContext<Out> {
  readonly uid: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly output: Output<Out>;
  /** Processing time in milliseconds. */
  now(): number;
  /** Milliseconds that do not count while the task has no room or is suspended: no record is taken then, so none that is missed has failed to come. */
  activeNow(): number;
  /** The watermark this operator has seen last; WATERMARK_MIN before the first. During `onWatermark` it is already the new one. */
  currentWatermark(): number;
  /** Asks for `onProcessingTime` when the clock has passed `time`; only the earliest pending wish counts. */
  wakeAt(time: number): void;
  /** True when the output is full or the time slice of a firing is used up. Cheap; ask after every emitted record or few. */
  shouldYield(): boolean;
  /** Where the record in hand came from, in its source's own words, e.g. `flights.csv:812`; undefined where that is not known. */
  position(): string | undefined;
  /** Brings work of this operator that ends elsewhere back into the task. */
  readonly mailbox: Mailbox;
  /**
   * From the end of the current call on neither records nor watermarks nor timers come, until `release`; mail and snapshots
   * do. Records that calls of others have begun to make still come: buffers are elastic within one call.
   */
  hold(): void;
  release(): void;
  /** Keyed state and timers. Throws for a node without a key. */
  readonly keyed: KeyedContext;
  readonly metrics: OperatorMetrics;
}

/**
 * The way back into the task for what ends outside of it: a promise, a timer (Flink's MailboxExecutor). An action is a call
 * into the operator like any other: it is never run within another call, nor while the output is full or an operator further
 * down is not done with a watermark. None is run after `close`.
 */
export interface Mailbox {
  /** Runs `action` soon, in the order of the posting. May be called at any time, also while the operator holds. */
  post(action: () => void): void;
  /** Posts `action` when `delayMs` have passed. */
  after(delayMs: number, action: () => void): Cancel;
}

/** Counters that every operator has; plain numbers, added to in place. */
export interface OperatorMetrics {
  recordsIn: number;
  recordsOut: number;
  /** Late records that went nowhere: neither into a window nor to a side output. */
  lateDropped: number;
  /** Late records sent to a side output. */
  lateSide: number;
}

export function newOperatorMetrics(): OperatorMetrics {
  return { recordsIn: 0, recordsOut: 0, lateDropped: 0, lateSide: 0 };
}
