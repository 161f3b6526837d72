import type { Operator, OperatorContext, WatermarkGenerator, WatermarkStrategy } from "@millrace/contracts";
import { assert, checkTimestamp, type Json, limits, WATERMARK_MAX, watermarkFromJson, watermarkToJson } from "@millrace/core";
import { userFunctionError } from "../process/user-error.ts";
import { withIdlenessTimer } from "./idleness.ts";
import { numbersOf } from "./strategies.ts";
import { createWatermarkEmitter, type WatermarkEmitter } from "./watermark-emitter.ts";

/** When the generator is asked for a watermark. */
export interface WatermarkCadence {
  /** After so many records; 0: not by records. Default limits.watermarkEveryRecords, so that a replay gives the same watermarks (law T4). */
  readonly everyRecords?: number;
  /** Every so many milliseconds of processing time, as Flink's auto-watermark interval. Default 0: not by the clock. */
  readonly intervalMs?: number;
  /** When so many milliseconds went by without a record, so that a live stream that falls quiet is flushed and found idle. Default 200; 0: never. */
  readonly quietMs?: number;
}

const QUIET_MS_DEFAULT = 200;

/**
 * Gives records timestamps and makes watermarks in the middle of a stream (Flink's TimestampsAndWatermarksOperator).
 * Watermarks and statuses from upstream end here, but for the last watermark.
 */
export function createWatermarksOperator<T>(strategy: WatermarkStrategy<T>, cadence: WatermarkCadence = {}): Operator<T, T> {
  return new WatermarksOperator(strategy, cadence);
}

class WatermarksOperator<T> implements Operator<T, T> {
  readonly ownsWatermarks = true;
  readonly #strategy: WatermarkStrategy<T>;
  readonly #everyRecords: number;
  readonly #tickMs: number;
  /** A tick asks the generator only when no record came since the last one. */
  readonly #onlyWhenQuiet: boolean;
  #opened: Opened<T> | undefined;
  #recordsSinceProbe = 0;
  #quiet = true;
  #nextTickAt = Number.POSITIVE_INFINITY;

  constructor(strategy: WatermarkStrategy<T>, cadence: WatermarkCadence) {
    const intervalMs = cadence.intervalMs ?? 0;
    this.#strategy = strategy;
    this.#everyRecords = cadence.everyRecords === 0 ? Number.POSITIVE_INFINITY : (cadence.everyRecords ?? limits.watermarkEveryRecords);
    this.#onlyWhenQuiet = intervalMs === 0;
    this.#tickMs = intervalMs > 0 ? intervalMs : (cadence.quietMs ?? QUIET_MS_DEFAULT);
  }

  open(context: OperatorContext<T>): void {
    const idlenessMs = this.#strategy.idlenessMs ?? 0;
    const base = this.#strategy.createGenerator();
    const timer = idlenessMs > 0 ? withIdlenessTimer(base, idlenessMs, () => context.activeNow()) : undefined;
    this.#opened = { context, emitter: createWatermarkEmitter(context.output), base, timer, generator: timer ?? base };
    this.#tickAfter(context.now());
  }

  processElement(value: T, timestamp: number): void {
    const { context, generator, emitter } = this.#require();
    let assigned = timestamp;
    try {
      if (this.#strategy.timestampOf !== undefined) assigned = checkTimestamp(this.#strategy.timestampOf(value, timestamp));
    } catch (error) {
      throw userFunctionError(error, { context, key: undefined });
    }
    this.#quiet = false;
    context.output.collect(value, assigned);
    generator.onEvent(value, assigned, emitter);
    if (++this.#recordsSinceProbe >= this.#everyRecords) this.#probe();
  }

  onProcessingTime(now: number): boolean {
    // One that was asked for before the restore told when the next is due.
    if (now < this.#nextTickAt) {
      this.#wakeAt(this.#nextTickAt);
      return true;
    }
    if (this.#quiet || !this.#onlyWhenQuiet) this.#probe();
    this.#quiet = true;
    this.#tickAfter(now);
    return true;
  }

  onWatermark(watermark: number): boolean {
    if (watermark === WATERMARK_MAX) this.#require().emitter.emitWatermark(WATERMARK_MAX);
    return true;
  }

  /** Idleness is this operator's own finding. */
  onStatus(): void {}

  endInput(): void {
    this.#probe();
  }

  snapshotState(): readonly Json[] {
    const { context, base, timer, emitter } = this.#require();
    const item: StoredItem = {
      of: context.parallelism,
      watermark: watermarkToJson(emitter.current),
      recordsSinceProbe: this.#recordsSinceProbe,
      numbers: numbersOf(this.#strategy),
      generator: base.snapshot().map(watermarkToJson),
      idleness: timer?.snapshot().map(watermarkToJson) ?? [],
      nextTickAt: watermarkToJson(this.#nextTickAt),
    };
    return [{ ...item }];
  }

  restoreState(items: readonly Json[]): void {
    const { context, base, timer, emitter } = this.#require();
    const [item] = items as unknown as readonly StoredItem[];
    // At another parallelism the records of a subtask are others.
    if (item?.of !== context.parallelism) return;
    const reached = watermarkFromJson(item.watermark);
    // As a source does: the tasks behind it are told again where time stands.
    if (reached !== WATERMARK_MAX) emitter.emitWatermark(reached);
    // Else it was drained: event time begins anew everywhere.
    else if (context.currentWatermark() === WATERMARK_MAX) emitter.current = reached;
    this.#recordsSinceProbe = item.recordsSinceProbe;
    if (item.numbers === numbersOf(this.#strategy)) base.restore(item.generator.map(watermarkFromJson));
    if (item.idleness.length > 0) timer?.restore(item.idleness.map(watermarkFromJson));
    // Quietness is found anew: the time in which the job was down says nothing of the stream.
    if (!this.#onlyWhenQuiet) this.#wakeAt(watermarkFromJson(item.nextTickAt));
  }

  #tickAfter(now: number): void {
    if (this.#tickMs > 0) this.#wakeAt(now + this.#tickMs);
  }

  #wakeAt(time: number): void {
    this.#nextTickAt = time;
    this.#require().context.wakeAt(time);
  }

  #probe(): void {
    const { generator, emitter } = this.#require();
    this.#recordsSinceProbe = 0;
    generator.onPeriodicEmit(emitter);
  }

  #require(): Opened<T> {
    assert(this.#opened !== undefined, "the watermarks operator is not open");
    return this.#opened;
  }
}

interface Opened<T> {
  readonly context: OperatorContext<T>;
  /** The strategy's own. */
  readonly base: WatermarkGenerator<T>;
  /** undefined: the stream is never idle. */
  readonly timer: WatermarkGenerator<T> | undefined;
  /** The base, with the timer if there is one. */
  readonly generator: WatermarkGenerator<T>;
  readonly emitter: WatermarkEmitter;
}

/** Of one subtask of so many. Generator and idleness are apart, so that either may come, go or change in an edited job. */
interface StoredItem {
  readonly of: number;
  readonly watermark: Json;
  readonly recordsSinceProbe: number;
  /** What those of the generator are. */
  readonly numbers: string;
  readonly generator: readonly Json[];
  readonly idleness: readonly Json[];
  /** Processing time of the next tick. */
  readonly nextTickAt: Json;
}
