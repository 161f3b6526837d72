import type { ReaderOutput, SourceReader, SourceSplit, WatermarkGenerator, WatermarkOutput, WatermarkStrategy } from "@millrace/contracts";
import {
  assert,
  type Cancel,
  checkTimestamp,
  type Json,
  limits,
  MillraceError,
  type Ports,
  WATERMARK_MAX,
  WATERMARK_MIN,
  type WatermarkJson,
  watermarkFromJson,
  watermarkToJson,
} from "@millrace/core";
import {
  type ActivityClock,
  createActivityClock,
  createMultiplexer,
  createWatermarkEmitter,
  type WatermarkEmitter,
  type WatermarkMultiplexer,
  withIdlenessTimer,
} from "@millrace/operators";
import type { ChainCode, ChainControl, Emit } from "../chain/code.ts";
import { ended, type InputStep, progress, type TaskInput, waiting } from "./input.ts";
import type { SourceAlignment } from "./source-alignment.ts";
import type { FlowEvent, WatermarkFlow } from "./watermark-flow.ts";

/** One split being read, with the generator of its watermarks. */
interface SplitTrack {
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

export interface SourceInputOptions {
  readonly node: number;
  readonly reader: SourceReader<unknown, SourceSplit>;
  readonly strategy: WatermarkStrategy<unknown>;
  readonly code: ChainCode;
  readonly flow: WatermarkFlow;
  readonly control: ChainControl;
  readonly batchRecords: number;
  /** An unbounded source: when it falls quiet, what it has seen moves event time on. */
  readonly live: boolean;
  /** The watermark that had been emitted before a restore. */
  readonly reached: number;
  readonly ports: Ports;
  /** Time that does not pass while the task is blocked or the source held back; for idleness. */
  readonly active: ActivityClock;
  /** The source's part in its alignment group. */
  readonly alignment: SourceAlignment | undefined;
  readonly wake: () => void;
  /** It is known what is read here: other tasks need not wait to hear of it. Before the first record. */
  readonly greet: () => void;
  readonly sideOutput: (name: string) => Emit | undefined;
}

/** A split in a snapshot, with its generator's numbers; the infinities are "min" and "max". */
interface SplitSnapshot {
  readonly split: SourceSplit;
  readonly generator: readonly WatermarkJson[];
  readonly records: number;
}

/**
 * The head of a chain that begins with a source. Each record runs through the chain inside `collect`, so that between
 * two polls the reader's positions are exactly what the chain has seen, and an error has its record's own position.
 * Watermarks come after a fixed number of a split's records (law T4), never from the wall clock.
 */
export class SourceInput implements TaskInput, ReaderOutput<unknown> {
  readonly #options: SourceInputOptions;
  readonly #emit: Emit;
  readonly #multiplexer: WatermarkMultiplexer;
  /** What the chain is told of event time: a source that was idle is active again before its next watermark. */
  readonly #time: WatermarkEmitter;
  readonly #splits = new Map<string, SplitTrack>();
  readonly #timestampOf: ((value: unknown, timestamp: number) => number) | undefined;
  #lastId = "";
  #last: SplitTrack | undefined;
  #due: SplitTrack | undefined;
  /** Event time moved during this poll: it takes effect before the next record, whatever the batch size. */
  #moved = false;
  #watermark = WATERMARK_MIN;
  readonly #idlenessMs: number;
  #quiet = false;
  #cancelQuiet: Cancel | undefined;
  /** All that is read here is ahead of the alignment group. */
  #heldBack = false;
  #pausedSplits: ReadonlySet<string> = new Set();
  #greeted = false;
  #ended = false;
  /** In active time. */
  #withoutSplitsSince: number | undefined;
  #idleWithoutSplits = false;
  /** Event time of a restore that the chain has not been given yet. */
  #untold = false;
  #drains = false;
  /** It reads no more, though there may be more to read. */
  #drained = false;

  constructor(options: SourceInputOptions) {
    this.#options = options;
    this.#emit = options.code.emit(options.node);
    this.#timestampOf = options.strategy.timestampOf;
    this.#idlenessMs = options.strategy.idlenessMs ?? (options.live ? limits.idlenessMsDefault : 0);
    this.#time = createWatermarkEmitter({
      watermark: (watermark) => this.#flows({ kind: "watermark", watermark }),
      status: (status) => this.#flows({ kind: "status", status }),
    });
    this.#time.current = options.reached;
    this.#multiplexer = createMultiplexer(this.#time, options.reached);
    this.#watermark = options.reached;
  }

  get stop(): boolean {
    return this.#due !== undefined || this.#moved || this.#options.control.interrupt;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    if (this.#idleWithoutSplits) this.#time.markActive();
    this.#idleWithoutSplits = false;
    this.#withoutSplitsSince = undefined;
    this.#tellReached();
    this.#greet();
    for (const split of splits) this.#track(split.id);
    this.#options.reader.addSplits(splits);
  }

  /** Once, before the first step. Splits of a snapshot; `finished`: the source had ended here. */
  begin(items: readonly Json[], finished: boolean): void {
    if (finished) {
      this.#end();
      return;
    }
    const snapshots = items as unknown as readonly SplitSnapshot[];
    this.#untold = this.#watermark > WATERMARK_MIN;
    // A bounded one without a split may have nothing but its end to say: until then it would hold back those that read on. A live one may wait for long.
    if (!this.#options.live && snapshots.length === 0) return;
    this.#tellReached();
    // All are registered before any speaks: a watermark is the least over all splits.
    const tracks = snapshots.map((snapshot) => this.#track(snapshot.split.id));
    snapshots.forEach(({ generator, records }, index) => {
      const track = tracks[index] as SplitTrack;
      track.base.restore(generator.map(watermarkFromJson));
      track.records = records;
      track.recordsAtLook = records;
    });
    this.#greet();
    if (snapshots.length > 0) this.#options.reader.addSplits(snapshots.map((snapshot) => snapshot.split));
  }

  /** Given to the chain again: it finishes a firing that the checkpoint cut, and tells other tasks where time stands. */
  #tellReached(): void {
    if (!this.#untold) return;
    this.#untold = false;
    this.#flows({ kind: "watermark", watermark: this.#watermark });
  }

  collect(splitId: string, value: unknown, timestamp: number): void {
    const track = splitId === this.#lastId && this.#last !== undefined ? this.#last : this.#trackOf(splitId);
    const time = this.#timestampOf === undefined ? timestamp : checkTimestamp(this.#timestampOf(value, timestamp));
    this.#emit(value, time);
    track.generator.onEvent(value, time, track.output);
    if (++track.records >= limits.watermarkEveryRecords) this.#due = track;
  }

  side(name: string, value: unknown): void {
    const emit = this.#options.sideOutput(name);
    if (emit !== undefined) emit(value, Number.NEGATIVE_INFINITY);
  }

  splitFinished(splitId: string): void {
    const track = this.#splits.get(splitId);
    assert(track !== undefined, `a finished split was being read: ${splitId}`);
    // What the split has seen since its last watermark still counts before it stops holding others back.
    track.generator.onPeriodicEmit(track.output);
    this.#splits.delete(splitId);
    if (this.#last === track) this.#last = undefined;
    if (this.#due === track) this.#due = undefined;
    this.#multiplexer.unregister(splitId);
  }

  step(settle: () => boolean): InputStep {
    if (this.#ended) return ended;
    this.#moved = false;
    if (this.#quiet) {
      this.#quiet = false;
      this.#flushQuietSplits();
      if (this.#moved) return progress;
    }
    if (this.#drains) {
      this.#drained = true;
      this.#end();
      return progress;
    }
    if (this.#holdBack()) return waiting;
    this.#watchQuiet();
    const { reader, batchRecords, alignment } = this.#options;
    // A poll ends where event time moves. As long as that goes through at once, more can be read in the same step.
    for (let left = batchRecords; ; ) {
      const status = reader.poll(this, left);
      this.#emitDue();
      if (status === "waiting") return waiting;
      if (status === "ended") {
        this.#end();
        return progress;
      }
      left -= limits.watermarkEveryRecords;
      if (left <= 0 || alignment !== undefined || !settle()) return progress;
      this.#moved = false;
    }
  }

  /** The alignment group may go as far as this; the task is woken afterwards. */
  allow(watermark: number): void {
    this.#options.alignment?.allow(watermark);
  }

  /** Whether nothing is to be read now. Splits that are ahead alone are held back where the reader can. */
  #holdBack(): boolean {
    const { alignment, reader, active } = this.#options;
    if (alignment === undefined) return false;
    const ahead = [...this.#splits].filter(([id]) => alignment.isAhead(this.#multiplexer.watermarkOf(id)));
    const all = ahead.length > 0 && ahead.length === this.#splits.size;
    if (all !== this.#heldBack) {
      this.#heldBack = all;
      if (all) active.pause();
      else active.resume();
    }
    if (reader.pauseSplits !== undefined) this.#pauseSplits(new Set(ahead.map(([id]) => id)));
    return all;
  }

  #pauseSplits(ids: ReadonlySet<string>): void {
    const before = this.#pausedSplits;
    if (ids.size === before.size && [...ids].every((id) => before.has(id))) return;
    for (const [id, { active }] of this.#splits) {
      if (ids.has(id) && !before.has(id)) active.pause();
      else if (!ids.has(id) && before.has(id)) active.resume();
    }
    this.#pausedSplits = ids;
    this.#options.reader.pauseSplits?.(ids);
  }

  #greet(): void {
    if (this.#greeted) return;
    this.#greeted = true;
    this.#options.greet();
  }

  /** A reader that asks for a split within a poll may be told there and then that there is none. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.alignment?.moved(WATERMARK_MAX);
    this.#options.flow.accept({ kind: "end" });
  }

  /** All has been read. A source that was drained goes on after a restore. */
  get finished(): boolean {
    return this.#ended && !this.#drained;
  }

  /** From the next step on nothing is read any more, as if the input had ended here. */
  drain(): void {
    this.#drains = true;
  }

  /** Without a split it ends at once: no barrier goes ahead of its end, or others would be read while it holds event time back. */
  noMoreSplits(): void {
    this.#options.reader.noMoreSplits();
    if (this.#splits.size === 0) this.#end();
  }

  /** Bad records left out so far. */
  get skipped(): number | undefined {
    return this.#options.reader.skipped;
  }

  /** Of this source: the watermark that the chain has been given last. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Looks at each split now and then: one that has fallen quiet gives its watermark at once, and may become idle. */
  #watchQuiet(): void {
    const { live, ports, wake } = this.#options;
    if ((!live && this.#idlenessMs === 0) || this.#cancelQuiet !== undefined || this.#ended) return;
    this.#cancelQuiet = ports.scheduler.after(limits.quietMs, () => {
      this.#cancelQuiet = undefined;
      this.#quiet = true;
      wake();
    });
  }

  #flushQuietSplits(): void {
    for (const track of this.#splits.values()) {
      const quiet = track.records === track.recordsAtLook && track.watermarks === track.watermarksAtLook;
      track.recordsAtLook = quiet ? 0 : track.records;
      track.watermarksAtLook = track.watermarks;
      if (!quiet) continue;
      track.records = 0;
      track.generator.onPeriodicEmit(track.output);
    }
    this.#multiplexer.onPeriodicEmit();
    if (this.#splits.size === 0) this.#idleWhenWithoutSplits();
  }

  /** A reader that no split has come to for the idleness timeout holds nobody back, as a split without records does not. */
  #idleWhenWithoutSplits(): void {
    if (this.#idlenessMs === 0 || this.#idleWithoutSplits) return;
    const now = this.#options.active.now();
    this.#withoutSplitsSince ??= now;
    if (now - this.#withoutSplitsSince <= this.#idlenessMs) return;
    this.#idleWithoutSplits = true;
    this.#time.markIdle();
  }

  snapshot(): readonly Json[] {
    assert(this.#due === undefined, "a snapshot is taken between polls");
    return this.#options.reader.snapshot().map((split): Json => {
      const track = this.#splits.get(split.id);
      assert(track !== undefined, `split ${split.id} is tracked`);
      return { split, generator: track.base.snapshot().map(watermarkToJson), records: track.records };
    });
  }

  checkpointCompleted(): void {
    this.#options.reader.checkpointCompleted?.();
  }

  position(): string | undefined {
    return this.#options.reader.position();
  }

  close(): Promise<void> {
    this.#cancelQuiet?.();
    this.#options.alignment?.close();
    return this.#options.reader.close();
  }

  #flows(event: FlowEvent): void {
    this.#moved = true;
    if (event.kind === "watermark") this.#watermark = Math.max(this.#watermark, event.watermark);
    const idle = event.kind === "status" && event.status === "idle";
    this.#options.alignment?.moved(idle ? WATERMARK_MAX : this.#watermark);
    this.#options.flow.accept(event);
  }

  #emitDue(): void {
    const due = this.#due;
    if (due === undefined) return;
    this.#due = undefined;
    due.records = 0;
    due.watermarks++;
    due.generator.onPeriodicEmit(due.output);
    this.#multiplexer.onPeriodicEmit();
  }

  #trackOf(splitId: string): SplitTrack {
    const track = this.#splits.get(splitId);
    if (track === undefined) {
      throw new MillraceError("SOURCE_SPLIT", `the reader handed over a record of split ${splitId}, which it was not given`, {});
    }
    this.#lastId = splitId;
    this.#last = track;
    return track;
  }

  #track(splitId: string): SplitTrack {
    assert(!this.#splits.has(splitId), `split ${splitId} is assigned once`);
    this.#multiplexer.register(splitId);
    const base = this.#options.strategy.createGenerator();
    const active = createActivityClock(this.#options.active.now);
    const track: SplitTrack = {
      base,
      generator: this.#idlenessMs === 0 ? base : withIdlenessTimer(base, this.#idlenessMs, active.now),
      active,
      output: this.#multiplexer.outputOf(splitId).immediate,
      records: 0,
      watermarks: 0,
      recordsAtLook: 0,
      watermarksAtLook: 0,
    };
    this.#splits.set(splitId, track);
    return track;
  }
}
