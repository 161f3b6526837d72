import { type Codec, t } from "@millrace/codec";
import {
  type Collector,
  type Key,
  type MapState,
  type Operator,
  type OperatorContext,
  state,
  type TimerService,
  type ValueState,
} from "@millrace/contracts";
import { assert, checkReturned, MillraceError, TIME_LIMIT, truth, WATERMARK_MIN } from "@millrace/core";
import { type Gathered, gathered, gatheredCodec, valuesOf } from "../process/gathered.ts";
import { userFunctionError } from "../process/user-error.ts";
import type { JoinContext } from "./interval-join.ts";
import { requireJoinTimestamp } from "./join-timestamp.ts";

/** Each record of the left stream with the version of its key that was valid at its time: the latest one not after it. */
export interface TemporalJoinSpec {
  /** Left records without a version are emitted too. */
  readonly outer: boolean;
  /** How long after its own time a version is valid, unless another follows; Infinity: for ever. */
  readonly validForMs: number;
  /** The key has no version from the time of this one on. */
  readonly isDeletion: ((version: unknown) => boolean) | undefined;
  readonly keySelectors: readonly [left: (value: unknown) => Key, version: (value: unknown) => Key];
  readonly codecs: readonly [left: Codec<unknown>, version: Codec<unknown>];
  /** Side outputs for late records of each side. undefined: they are counted. */
  readonly lateOutputs: readonly [left: string | undefined, version: string | undefined];
  readonly join: (left: unknown, version: unknown, context: JoinContext<Key>, out: Collector<unknown>) => void;
}

/**
 * Every state of the operator, by its name, for the plan: left records that wait for the watermark, and versions, by time. `inForce`:
 * the time of the latest version that has superseded those before it, so that none is looked for among those to come; NONE_YET when
 * all are to come, undefined when it has to be looked for.
 */
export function temporalJoinStates({ codecs }: Pick<TemporalJoinSpec, "codecs">) {
  return { left: state.map(t.integer(), gatheredCodec(codecs[0])), versions: state.map(t.integer(), codecs[1]), inForce: state.value(t.number()) };
}

const NONE_YET = Number.NEGATIVE_INFINITY;

/** What a timer is for. */
const timerKinds = { join: 0, supersede: 1, expire: 2 } as const;

/**
 * Joins a stream with a table that changes, as of the time of each record (Flink's TemporalRowTimeJoinOperator). A left
 * record waits until the watermark says that no earlier version can come. A version is forgotten when the watermark has
 * reached the next one, or the end of its validity.
 */
export function createTemporalJoinOperator(spec: TemporalJoinSpec): Operator<unknown, unknown, unknown> {
  let running: TemporalJoin | undefined;
  const opened = (): TemporalJoin => {
    assert(running !== undefined, "the operator is used before open");
    return running;
  };
  return {
    open(context) {
      running = new TemporalJoin(spec, context);
    },
    processElement: (value, timestamp) => opened().arriveLeft(value, timestamp),
    processElement2: (value, timestamp) => opened().arriveVersion(value, timestamp),
    onWatermark: (watermark) => opened().onWatermark(watermark),
  };
}

class TemporalJoin {
  readonly #spec: TemporalJoinSpec;
  readonly #context: OperatorContext<unknown>;
  readonly #left: MapState<number, Gathered<unknown>>;
  readonly #versions: MapState<number, unknown>;
  readonly #inForce: ValueState<number>;
  readonly #timers: TimerService<number>;
  readonly #joinContext: JoinContext<Key>;
  readonly #collector: Collector<unknown>;
  #timestamp = 0;
  #versionTime: number | undefined;

  constructor(spec: TemporalJoinSpec, context: OperatorContext<unknown>) {
    this.#spec = spec;
    this.#context = context;
    const { left, versions, inForce } = context.keyed.states(temporalJoinStates(spec));
    this.#left = left;
    this.#versions = versions;
    this.#inForce = inForce;
    this.#timers = context.keyed.timers("versions", t.integer(), {
      onEventTime: (time, kind) => this.#fire(time, kind),
      onProcessingTime: () => assert(false, "a join has no timers of processing time"),
    });
    this.#collector = { collect: (value) => context.output.collect(value, this.#timestamp) };
    this.#joinContext = {
      currentKey: () => context.keyed.currentKey(),
      leftTimestamp: () => this.#timestamp,
      rightTimestamp: () => this.#versionTime,
    };
  }

  onWatermark(watermark: number): boolean {
    return this.#timers.advanceEventTime(watermark, () => this.#context.shouldYield());
  }

  /** Versions that were valid at a time before the watermark may be gone, so a record of such a time is late. */
  arriveLeft(value: unknown, timestamp: number): void {
    requireJoinTimestamp(timestamp, "a record on the left of a temporal join", this.#context.uid);
    if (this.#isPast(timestamp)) {
      this.#late(0, value, timestamp);
      return;
    }
    this.#keyed(0, value, () => {
      this.#left.put(timestamp, gathered(this.#left.get(timestamp), value));
      this.#timers.registerEventTime(timerKinds.join, timestamp);
    });
  }

  /** A version of a time before the watermark still counts for the records to come, unless it is superseded already. */
  arriveVersion(value: unknown, timestamp: number): void {
    requireJoinTimestamp(timestamp, "a version of a temporal join", this.#context.uid);
    this.#keyed(1, value, () => {
      if (this.#isPast(timestamp) && this.#isSuperseded(timestamp)) {
        this.#late(1, value, timestamp);
        return;
      }
      if (this.#versions.isEmpty()) this.#inForce.update(NONE_YET);
      // One from before it that is not late: event time began anew with a restore.
      else if (timestamp < (this.#inForce.value() ?? NONE_YET)) this.#inForce.clear();
      this.#versions.put(timestamp, value);
      this.#timers.registerEventTime(timerKinds.supersede, timestamp);
      this.#expireLater(timestamp);
    });
  }

  #fire(time: number, kind: number): void {
    const { keyed } = this.#context;
    try {
      if (kind === timerKinds.join) this.#joinAt(time);
      else if (kind === timerKinds.supersede) this.#supersede(time);
      else this.#expire(time);
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key: keyed.currentKey() });
    }
  }

  #joinAt(time: number): void {
    const { outer, join } = this.#spec;
    const waiting = valuesOf(this.#left.get(time) ?? []);
    this.#left.remove(time);
    const version = this.#versionAt(time);
    this.#timestamp = time;
    this.#versionTime = version?.time;
    if (version === undefined && !outer) return;
    for (const left of waiting) checkReturned(join(left, version?.value, this.#joinContext, this.#collector));
  }

  #versionAt(time: number): { readonly time: number; readonly value: unknown } | undefined {
    const { validForMs, isDeletion } = this.#spec;
    const latest = this.#versions.has(time) ? time : this.#latestBefore(time);
    if (latest === NONE_YET || time - latest > validForMs) return undefined;
    const value = this.#versions.get(latest);
    return isDeletion !== undefined && truth(isDeletion(value)) ? undefined : { time: latest, value };
  }

  /** Timers fire in the order of their times: when one does, every version before its time has superseded those before. */
  #latestBefore(time: number): number {
    const known = this.#inForce.value();
    if (known !== undefined) return known < time ? known : NONE_YET;
    let latest = NONE_YET;
    for (const versionTime of this.#versions.keys()) if (versionTime < time && versionTime > latest) latest = versionTime;
    return latest;
  }

  /** No record from before this version's time will be joined any more. A deletion stays, as late versions must find it. */
  #supersede(time: number): void {
    const known = this.#inForce.value();
    if (known === time || !this.#versions.has(time)) return;
    if (known !== undefined) {
      if (known !== NONE_YET) this.#versions.remove(known);
      this.#inForce.update(time);
      return;
    }
    let latest = time;
    for (const versionTime of [...this.#versions.keys()]) {
      if (versionTime < time) this.#versions.remove(versionTime);
      else latest = Math.max(latest, versionTime);
    }
    // A later one may have superseded it.
    if (latest === time) this.#inForce.update(time);
  }

  /** Validity may have been another when the timer was set. */
  #expire(time: number): void {
    const known = this.#inForce.value();
    for (const versionTime of known === undefined ? [...this.#versions.keys()] : [known]) {
      if (versionTime > time || versionTime === NONE_YET) continue;
      if (versionTime + this.#spec.validForMs < time) this.#forget(versionTime);
      else this.#expireLater(versionTime);
    }
  }

  #forget(versionTime: number): void {
    this.#versions.remove(versionTime);
    if (this.#versions.isEmpty()) this.#inForce.clear();
    else if (this.#inForce.value() === versionTime) this.#inForce.update(NONE_YET);
  }

  /** Behind the greatest time there is none, and numbers are no longer whole: what is valid until then is so for ever. */
  #expireLater(versionTime: number): void {
    const end = versionTime + this.#spec.validForMs;
    if (end < TIME_LIMIT) this.#timers.registerEventTime(timerKinds.expire, end + 1);
  }

  #isPast(timestamp: number): boolean {
    const watermark = this.#context.currentWatermark();
    return watermark !== WATERMARK_MIN && timestamp < watermark;
  }

  /** A later version is in force already. */
  #isSuperseded(timestamp: number): boolean {
    const watermark = this.#context.currentWatermark();
    for (const versionTime of this.#versions.keys()) if (versionTime > timestamp && versionTime <= watermark) return true;
    return false;
  }

  #keyed(side: 0 | 1, value: unknown, work: () => void): void {
    let key: Key | undefined;
    try {
      key = this.#spec.keySelectors[side](value);
      this.#context.keyed.setCurrentKey(key);
      work();
    } catch (error) {
      throw userFunctionError(error, { context: this.#context, key });
    }
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
}

/** Refuses a join that keeps a version of every key for ever, unasked, with JOIN_UNBOUNDED. */
export function checkTemporalJoin({ validForMs }: Pick<TemporalJoinSpec, "validForMs">, unbounded: boolean): void {
  if (validForMs === Number.POSITIVE_INFINITY ? unbounded : Number.isSafeInteger(validForMs) && validForMs >= 0) return;
  if (validForMs !== Number.POSITIVE_INFINITY) {
    throw new MillraceError("JOIN_VALIDITY", `a version is valid for a whole number of milliseconds, 0 or more, not ${validForMs}`);
  }
  throw new MillraceError("JOIN_UNBOUNDED", "a temporal join keeps the latest version of every key: its state grows with every new key", {
    hint: "say how long a version is valid with validFor(days(30)); or say unbounded() if the keys are few",
  });
}
