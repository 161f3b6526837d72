import type { ReaderOutput, SourceReader, SourceSplit, WatermarkStrategy } from "@millrace/contracts";
import { type Cancel, checkTimestamp, type Json, limits, type Ports, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import type { ActivityClock } from "@millrace/operators";
import type { ChainCode, ChainControl, Emit } from "../chain/code.ts";
import { type InputStep, progress, type TaskInput, waiting } from "./input.ts";
import type { SourceAlignment } from "./source-alignment.ts";
import { type SplitSnapshot, SplitTimes } from "./split-times.ts";
import type { FlowEvent, WatermarkFlow } from "./watermark-flow.ts";

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

/**
 * The head of a chain that begins with a source. Each record runs through the chain inside `collect`, so that between
 * two polls the reader's positions are exactly what the chain has seen, and an error has its record's own position.
 */
export class SourceInput implements TaskInput, ReaderOutput<unknown> {
  readonly #options: SourceInputOptions;
  readonly #emit: Emit;
  /** Of the options: it is looked at after every record. */
  readonly #control: ChainControl;
  readonly #splits: SplitTimes;
  readonly #timestampOf: ((value: unknown, timestamp: number) => number) | undefined;
  /** Event time moved during this poll, or is about to: it takes effect before the next record, whatever the batch size. */
  #moved = false;
  #watermark: number;
  readonly #watchesQuiet: boolean;
  #quiet = false;
  #cancelQuiet: Cancel | undefined;
  /** All that is read here is ahead of the alignment group. */
  #heldBack = false;
  #greeted = false;
  #ended = false;
  /** Event time of a restore that the chain has not been given yet. */
  #untold = false;
  #draining = false;
  /** It reads no more, though there may be more to read. */
  #drained = false;

  constructor(options: SourceInputOptions) {
    const { code, node, control, strategy, live, active, reached } = options;
    this.#options = options;
    this.#emit = code.emit(node);
    this.#control = control;
    this.#timestampOf = strategy.timestampOf;
    const idlenessMs = strategy.idlenessMs ?? (live ? limits.idlenessMsDefault : 0);
    this.#watchesQuiet = live || idlenessMs > 0;
    this.#watermark = reached;
    this.#splits = new SplitTimes({ strategy, idlenessMs, active, reached, flows: (event) => this.#flows(event) });
  }

  get stop(): boolean {
    return this.#moved || this.#control.interrupt;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    this.#splits.notEmpty();
    this.#tellReached();
    this.#greet();
    for (const { id } of splits) this.#splits.add(id);
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
    this.#splits.restore(snapshots);
    this.#greet();
    if (snapshots.length > 0) this.#options.reader.addSplits(snapshots.map((snapshot) => snapshot.split));
  }

  /** Given to the chain again: other tasks hear where time stands. */
  #tellReached(): void {
    if (!this.#untold) return;
    this.#untold = false;
    this.#flows({ kind: "watermark", watermark: this.#watermark });
  }

  collect(splitId: string, value: unknown, timestamp: number): void {
    const split = this.#splits.of(splitId);
    const time = this.#timestampOf === undefined ? timestamp : checkTimestamp(this.#timestampOf(value, timestamp));
    this.#emit(value, time);
    if (this.#splits.seen(split, value, time)) this.#moved = true;
  }

  side(name: string, value: unknown): void {
    const emit = this.#options.sideOutput(name);
    if (emit !== undefined) emit(value, Number.NEGATIVE_INFINITY);
  }

  splitFinished(splitId: string): void {
    this.#splits.finish(splitId);
  }

  step(settle: () => boolean): InputStep {
    if (this.#ended) return waiting;
    this.#moved = false;
    if (this.#quiet) {
      this.#quiet = false;
      this.#splits.look();
      if (this.#moved) return progress;
    }
    if (this.#draining) {
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
      this.#splits.emitDue();
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
    const ahead = this.#splits.ahead((watermark) => alignment.isAhead(watermark));
    const all = ahead.length > 0 && ahead.length === this.#splits.size;
    if (all !== this.#heldBack) {
      this.#heldBack = all;
      if (all) active.pause();
      else active.resume();
    }
    if (reader.pauseSplits !== undefined) {
      const ids = new Set(ahead);
      if (this.#splits.pause(ids)) reader.pauseSplits(ids);
    }
    return all;
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

  /** It has nothing to do but to end. */
  get drains(): boolean {
    return this.#draining;
  }

  /** From the next step on nothing is read any more, as if the input had ended here. */
  drain(): void {
    this.#draining = true;
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
    const { ports, wake } = this.#options;
    if (!this.#watchesQuiet || this.#cancelQuiet !== undefined || this.#ended) return;
    this.#cancelQuiet = ports.scheduler.after(limits.quietMs, () => {
      this.#cancelQuiet = undefined;
      this.#quiet = true;
      wake();
    });
  }

  snapshot(): readonly Json[] {
    return this.#options.reader.snapshot().map((split) => this.#splits.snapshotOf(split));
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
}
