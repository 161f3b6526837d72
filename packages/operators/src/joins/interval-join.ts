import { type Codec, t } from "@millrace/codec";
import { type Collector, type Key, type MapState, type Operator, type OperatorContext, state, type TimerService } from "@millrace/contracts";
import { assert, checkReturned, NO_TIMESTAMP, onceFor, WATERMARK_MIN } from "@millrace/core";
import { type Gathered, gathered, gatheredCodec, valuesOf } from "../process/gathered.ts";
import { userFunctionError } from "../process/user-error.ts";
import type { JoinInterval } from "./join-interval.ts";
import { requireJoinTimestamp } from "./join-timestamp.ts";

/** Which records without a partner are emitted too, with undefined in its place. */
export type JoinKind = "inner" | "leftOuter" | "rightOuter" | "fullOuter";

/** What a join function may ask of a pair; a missing side has no timestamp. The result's timestamp is the later of the two. */
export interface JoinContext<K extends Key> {
  currentKey(): K;
  leftTimestamp(): number | undefined;
  rightTimestamp(): number | undefined;
}

/** Pairs of two keyed streams: right.at is within [left.at + lowerMs, left.at + upperMs], both ends included. */
export interface IntervalJoinSpec extends JoinInterval {
  readonly kind: JoinKind;
  readonly keySelectors: readonly [left: (value: unknown) => Key, right: (value: unknown) => Key];
  readonly codecs: readonly [left: Codec<unknown>, right: Codec<unknown>];
  /** Side outputs for records older than the watermark. undefined: they are counted. */
  readonly lateOutputs: readonly [left: string | undefined, right: string | undefined];
  readonly join: (left: unknown, right: unknown, context: JoinContext<Key>, out: Collector<unknown>) => void;
}

interface Waiting {
  readonly value: unknown;
  readonly paired: boolean;
}

type Buffer = MapState<number, Gathered<Waiting>>;

const stateNames = ["left", "right"] as const;

/** Every state of the operator, by its name, for the plan: the records of each side that may still find a partner, by time. */
export function intervalJoinStates({ codecs }: Pick<IntervalJoinSpec, "codecs">) {
  return { left: state.map(t.integer(), waitingCodec(codecs[0])), right: state.map(t.integer(), waitingCodec(codecs[1])) };
}

/**
 * The namespace of a timer says whose it is and how long after its own time the record is kept, so that a job with another interval finds
 * the record: 2 and more for the left, −1 and less for the right. Older snapshots have 0 and 1, which say the side alone.
 */
function timerNamespace(side: 0 | 1, keptMs: number): number {
  return side === 0 ? 2 + keptMs : -1 - keptMs;
}

function sideOf(namespace: number): 0 | 1 {
  return namespace === 0 || namespace > 1 ? 0 : 1;
}

/** undefined: the timer does not say. */
function keptMsOf(namespace: number): number | undefined {
  if (namespace === 0 || namespace === 1) return undefined;
  return namespace > 1 ? namespace - 2 : -1 - namespace;
}

const waitingCodec = onceFor((codec: Codec<unknown>) => gatheredCodec<Waiting>(t.object({ value: codec, paired: t.boolean() })));

/**
 * Joins each record with those of the other side in an interval of event time around it (Flink's IntervalJoinOperator). A
 * record is kept until the watermark says that no partner can come; an outer join emits it then, if it found none.
 */
export function createIntervalJoinOperator(spec: IntervalJoinSpec): Operator<unknown, unknown, unknown> {
  let running: IntervalJoin | undefined;
  const opened = (): IntervalJoin => {
    assert(running !== undefined, "the operator is used before open");
    return running;
  };
  return {
    open(context) {
      running = new IntervalJoin(spec, context);
    },
    processElement: (value, timestamp) => opened().arrive(0, value, timestamp),
    processElement2: (value, timestamp) => opened().arrive(1, value, timestamp),
    onWatermark: (watermark) => opened().onWatermark(watermark),
  };
}

class IntervalJoin {
  readonly #spec: IntervalJoinSpec;
  readonly #context: OperatorContext<unknown>;
  readonly #buffers: readonly [Buffer, Buffer];
  readonly #timers: TimerService<number>;
  readonly #joinContext: JoinContext<Key>;
  readonly #collector = { collect: (value: unknown): void => this.#context.output.collect(value, this.#timestamp) };
  #timestamp = 0;
  #times: readonly [left: number | undefined, right: number | undefined] = [undefined, undefined];

  constructor(spec: IntervalJoinSpec, context: OperatorContext<unknown>) {
    this.#spec = spec;
    this.#context = context;
    const { left, right } = context.keyed.states(intervalJoinStates(spec));
    this.#buffers = [left, right];
    this.#timers = context.keyed.timers("cleanup", t.integer(), {
      onEventTime: (time, namespace) => this.#timeIsOver(time, namespace),
      onProcessingTime: () => assert(false, "a join has no timers of processing time"),
    });
    this.#joinContext = {
      currentKey: () => context.keyed.currentKey(),
      leftTimestamp: () => this.#times[0],
      rightTimestamp: () => this.#times[1],
    };
  }

  onWatermark(watermark: number): boolean {
    return this.#timers.advanceEventTime(watermark, () => this.#context.shouldYield());
  }

  arrive(side: 0 | 1, value: unknown, timestamp: number): void {
    const { uid } = this.#context;
    requireJoinTimestamp(timestamp, `a record on the ${stateNames[side]} of an interval join`, uid);
    const watermark = this.#context.currentWatermark();
    if (watermark !== WATERMARK_MIN && timestamp < watermark) this.#late(side, value, timestamp);
    else this.#guarded(this.#keyOf(side, value), () => this.#pair(side, value, timestamp));
  }

  #keyOf(side: 0 | 1, value: unknown): Key | undefined {
    try {
      const key = this.#spec.keySelectors[side](value);
      this.#context.keyed.setCurrentKey(key);
      return key;
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key: undefined });
    }
  }

  #pair(side: 0 | 1, value: unknown, timestamp: number): void {
    const [own, others] = side === 0 ? [this.#buffers[0], this.#buffers[1]] : [this.#buffers[1], this.#buffers[0]];
    const { lowerMs, upperMs } = this.#spec;
    const [from, to] = side === 0 ? [timestamp + lowerMs, timestamp + upperMs] : [timestamp - upperMs, timestamp - lowerMs];
    let paired = false;
    for (const [time, held] of others.entries()) {
      if (time < from || time > to) continue;
      paired = true;
      const waiting = valuesOf(held);
      for (const one of waiting) {
        if (side === 0) this.#emit(value, one.value, timestamp, time);
        else this.#emit(one.value, value, time, timestamp);
      }
      if (this.#emitsAlone(side === 0 ? 1 : 0) && waiting.some((one) => !one.paired)) {
        others.put(
          time,
          waiting.map((one) => ({ ...one, paired: true })),
        );
      }
    }
    own.put(timestamp, gathered(own.get(timestamp), { value, paired }));
    this.#keep(side, timestamp);
  }

  #keep(side: 0 | 1, time: number): void {
    const keptMs = this.#keptMs(side);
    this.#timers.registerEventTime(timerNamespace(side, keptMs), time + keptMs);
  }

  /** How long after its own time a record may find a partner. */
  #keptMs(side: 0 | 1): number {
    return Math.max(0, side === 0 ? this.#spec.upperMs : -this.#spec.lowerMs);
  }

  /** The interval may have been another when the timer was set. */
  #timeIsOver(timer: number, namespace: number): void {
    const side = sideOf(namespace);
    const keptMs = this.#keptMs(side);
    const keptThenMs = keptMsOf(namespace) ?? keptMs;
    const time = timer - keptThenMs;
    if (keptMs > keptThenMs) this.#keep(side, time);
    else this.#forget(side, time);
  }

  #forget(side: 0 | 1, time: number): void {
    this.#guarded(this.#context.keyed.currentKey(), () => {
      const buffer = this.#buffers[side];
      const waiting = valuesOf(buffer.get(time) ?? []);
      buffer.remove(time);
      if (!this.#emitsAlone(side)) return;
      for (const { value, paired } of waiting) {
        if (paired) continue;
        if (side === 0) this.#emit(value, undefined, time, undefined);
        else this.#emit(undefined, value, undefined, time);
      }
    });
  }

  #emitsAlone(side: 0 | 1): boolean {
    const { kind } = this.#spec;
    return kind === "fullOuter" || kind === (side === 0 ? "leftOuter" : "rightOuter");
  }

  #emit(left: unknown, right: unknown, leftTime: number | undefined, rightTime: number | undefined): void {
    this.#times = [leftTime, rightTime];
    this.#timestamp = Math.max(leftTime ?? NO_TIMESTAMP, rightTime ?? NO_TIMESTAMP);
    checkReturned(this.#spec.join(left, right, this.#joinContext, this.#collector));
  }

  #late(side: 0 | 1, value: unknown, timestamp: number): void {
    const { metrics, output } = this.#context;
    const name = this.#spec.lateOutputs[side];
    if (name === undefined) {
      metrics.lateDropped++;
    } else {
      metrics.lateSide++;
      output.side(name, value, timestamp);
    }
  }

  #guarded(key: Key | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key });
    }
  }
}
