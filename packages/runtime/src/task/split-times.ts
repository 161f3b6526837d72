import type { SourceSplit, WatermarkGenerator, WatermarkOutput, WatermarkStrategy } from "@millrace/contracts";
import { assert, type Json, limits, MillraceError, type WatermarkJson, watermarkFromJson, watermarkToJson } from "@millrace/core";
import {
  type ActivityClock,
  createActivityClock,
  createMultiplexer,
  createWatermarkEmitter,
  numbersOf,
  type WatermarkEmitter,
  type WatermarkMultiplexer,
  withIdlenessTimer,
} from "@millrace/operators";
import type { FlowEvent } from "./watermark-flow.ts";

/** One split being read, with the generator of its watermarks. */
export interface SplitTime {
  /** The strategy's own, which is what a snapshot holds. */
  readonly base: WatermarkGenerator<unknown>;
  /** The same with the idleness timer, which begins anew after a restore: input that came during the downtime has the whole time to be read. */
  readonly generator: WatermarkGenerator<unknown>;
  readonly output: WatermarkOutput;
  /** Stands still while the split is held back. */
  readonly active: ActivityClock;
  /** Records since the last watermark. */
  records: number;
  /** Watermarks so far, and where the split stood when it was last looked at. */
  watermarks: number;
  recordsAtLook: number;
  watermarksAtLook: number;
}

/** A split in a snapshot, with its generator's numbers; the infinities are "min" and "max". */
export interface SplitSnapshot {
  readonly split: SourceSplit;
  /** What those of the generator are. */
  readonly numbers: string;
  readonly generator: readonly WatermarkJson[];
  readonly records: number;
}

export interface SplitTimesOptions {
  readonly strategy: WatermarkStrategy<unknown>;
  /** 0: no split is ever idle. */
  readonly idlenessMs: number;
  /** Time that does not pass while the source is held back. */
  readonly active: ActivityClock;
  /** The watermark that had been emitted before a restore. */
  readonly reached: number;
  /** Takes the source's event time: the least of all splits that are not idle. */
  readonly flows: (event: FlowEvent) => void;
}

/**
 * Event time of what one subtask of a source reads, split by split. A split's watermark comes after a fixed number of its
 * records (law T4), never from the wall clock; one that has fallen quiet gives it when it is looked at.
 */
export class SplitTimes {
  /** The split whose next watermark is due. */
  #due: SplitTime | undefined;
  readonly #everyRecords = limits.watermarkEveryRecords;
  readonly #options: SplitTimesOptions;
  readonly #multiplexer: WatermarkMultiplexer;
  /** A source that was idle is active again before its next watermark. */
  readonly #source: WatermarkEmitter;
  readonly #splits = new Map<string, SplitTime>();
  #lastId = "";
  #last: SplitTime | undefined;
  #pausedIds: ReadonlySet<string> = new Set();
  /** In active time. */
  #emptySince: number | undefined;
  #idleWhileEmpty = false;

  constructor(options: SplitTimesOptions) {
    const { flows, reached } = options;
    this.#options = options;
    this.#source = createWatermarkEmitter({
      watermark: (watermark) => flows({ kind: "watermark", watermark }),
      status: (status) => flows({ kind: "status", status }),
    });
    this.#source.current = reached;
    this.#multiplexer = createMultiplexer(this.#source, reached);
  }

  get size(): number {
    return this.#splits.size;
  }

  /** Throws SOURCE_SPLIT for a split that the reader was not given. */
  of(splitId: string): SplitTime {
    return splitId === this.#lastId && this.#last !== undefined ? this.#last : this.#find(splitId);
  }

  /** One more record of the split has gone through the chain. True: its watermark is due before the next one. */
  seen(split: SplitTime, value: unknown, timestamp: number): boolean {
    split.generator.onEvent(value, timestamp, split.output);
    if (++split.records < this.#everyRecords) return false;
    this.#due = split;
    return true;
  }

  /** What is due comes before the next record. */
  emitDue(): void {
    const due = this.#due;
    if (due === undefined) return;
    this.#due = undefined;
    due.records = 0;
    due.watermarks++;
    due.generator.onPeriodicEmit(due.output);
    this.#multiplexer.onPeriodicEmit();
  }

  /** New ones come before they are read: the source is not idle any more for want of a split. */
  notEmpty(): void {
    if (this.#idleWhileEmpty) this.#source.markActive();
    this.#idleWhileEmpty = false;
    this.#emptySince = undefined;
  }

  add(id: string): SplitTime {
    assert(!this.#splits.has(id), `split ${id} is assigned once`);
    this.#multiplexer.register(id);
    const { strategy, idlenessMs } = this.#options;
    const base = strategy.createGenerator();
    const active = createActivityClock(this.#options.active.now);
    const split: SplitTime = {
      base,
      generator: idlenessMs === 0 ? base : withIdlenessTimer(base, idlenessMs, active.now),
      active,
      output: this.#multiplexer.outputOf(id).immediate,
      records: 0,
      watermarks: 0,
      recordsAtLook: 0,
      watermarksAtLook: 0,
    };
    this.#splits.set(id, split);
    return split;
  }

  /** All are added before any speaks: a watermark is the least over all splits. */
  restore(snapshots: readonly SplitSnapshot[]): void {
    const splits = snapshots.map((snapshot) => this.add(snapshot.split.id));
    const ours = numbersOf(this.#options.strategy);
    snapshots.forEach(({ numbers, generator, records }, index) => {
      const split = splits[index] as SplitTime;
      if (numbers === ours) split.base.restore(generator.map(watermarkFromJson));
      split.records = records;
      split.recordsAtLook = records;
    });
  }

  snapshotOf(split: SourceSplit): Json {
    assert(this.#due === undefined, "a snapshot is taken between polls");
    const time = this.#splits.get(split.id);
    assert(time !== undefined, `split ${split.id} is being read`);
    return { split, numbers: numbersOf(this.#options.strategy), generator: time.base.snapshot().map(watermarkToJson), records: time.records };
  }

  /**
   * What the split has seen since its last watermark still counts before it stops holding others back. Time then goes on to where these
   * are: they may be held back until it does, and read nothing that would say so.
   */
  finish(splitId: string): void {
    const split = this.#splits.get(splitId);
    assert(split !== undefined, `a finished split was being read: ${splitId}`);
    split.generator.onPeriodicEmit(split.output);
    this.#splits.delete(splitId);
    if (this.#last === split) this.#last = undefined;
    if (this.#due === split) this.#due = undefined;
    this.#multiplexer.unregister(splitId);
    this.#multiplexer.onPeriodicEmit();
  }

  /** The splits whose watermarks are further than allowed. */
  ahead(isAhead: (watermark: number) => boolean): readonly string[] {
    return [...this.#splits.keys()].filter((id) => isAhead(this.#multiplexer.watermarkOf(id)));
  }

  /** From now on just these are held back. True when they are not the same as before. */
  pause(ids: ReadonlySet<string>): boolean {
    const before = this.#pausedIds;
    if (ids.size === before.size && [...ids].every((id) => before.has(id))) return false;
    for (const [id, { active }] of this.#splits) {
      if (ids.has(id) && !before.has(id)) active.pause();
      else if (!ids.has(id) && before.has(id)) active.resume();
    }
    this.#pausedIds = ids;
    return true;
  }

  /** To be called now and then: each split that has read nothing since the last time gives its watermark, and may become idle. */
  look(): void {
    for (const split of this.#splits.values()) {
      const quiet = split.records === split.recordsAtLook && split.watermarks === split.watermarksAtLook;
      split.recordsAtLook = quiet ? 0 : split.records;
      split.watermarksAtLook = split.watermarks;
      if (!quiet) continue;
      split.records = 0;
      split.generator.onPeriodicEmit(split.output);
    }
    this.#multiplexer.onPeriodicEmit();
    if (this.#splits.size === 0) this.#lookWhileEmpty();
  }

  /** A reader that no split has come to for the idleness timeout holds nobody back, as a split without records does not. */
  #lookWhileEmpty(): void {
    const { idlenessMs, active } = this.#options;
    if (idlenessMs === 0 || this.#idleWhileEmpty) return;
    const now = active.now();
    this.#emptySince ??= now;
    if (now - this.#emptySince <= idlenessMs) return;
    this.#idleWhileEmpty = true;
    this.#source.markIdle();
  }

  #find(id: string): SplitTime {
    const split = this.#splits.get(id);
    if (split === undefined) {
      throw new MillraceError("SOURCE_SPLIT", `the reader handed over a record of split ${id}, which it was not given`, {});
    }
    this.#lastId = id;
    this.#last = split;
    return split;
  }
}
