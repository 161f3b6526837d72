import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit } from "@millrace/contracts";
import { type Cancel, NO_TIMESTAMP } from "@millrace/core";

/** The numbers `next`, `next + step`, … below `end`; null: without end. `next` is the number of the record to come. */
export interface IndexedSplit extends SourceSplit {
  readonly id: string;
  readonly next: number;
  readonly step: number;
  readonly end: number | null;
}

/** A source whose n-th record is a function of n. */
export interface IndexedRecords<T> {
  /** For positions in errors, e.g. `collection`. */
  readonly name: string;
  recordAt(index: number): T;
  readonly timestampOf: ((value: T) => number) | undefined;
  /** Records in a second over all splits; a split has the `step`-th part. undefined: as many as are taken. */
  readonly ratePerSecond: number | undefined;
}

interface ActiveSplit {
  readonly split: IndexedSplit;
  next: number;
  /** When the split came here, on the monotonic clock, and how many of its records went out since: they hold the rate. */
  readonly since: number;
  emitted: number;
}

/** Reads indexed splits, turning to the next split at every poll so that none starves. */
export class IndexedReader<T> implements SourceReader<T, IndexedSplit> {
  readonly #context: ReaderContext;
  readonly #records: IndexedRecords<T>;
  #splits: ActiveSplit[] = [];
  #turn = 0;
  #requested = false;
  #noMore = false;
  #last = -1;
  #cancelWake: Cancel | undefined;

  constructor(context: ReaderContext, records: IndexedRecords<T>) {
    this.#context = context;
    this.#records = records;
  }

  addSplits(splits: readonly IndexedSplit[]): void {
    const since = this.#context.ports.clock.monotonic();
    for (const split of splits) this.#splits.push({ split, next: split.next, since, emitted: 0 });
    this.#requested = false;
    this.#context.available();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#context.available();
  }

  poll(output: ReaderOutput<T>, limit: number): "more" | "waiting" | "ended" {
    let left = limit;
    let shortestWaitMs = Number.POSITIVE_INFINITY;
    for (let turns = this.#splits.length; turns > 0 && left > 0 && !output.stop; turns--) {
      const active = this.#splits[this.#turn % this.#splits.length] as ActiveSplit;
      const allowed = this.#allowance(active);
      left -= this.#emit(active, output, Math.min(left, allowed));
      if (active.next >= (active.split.end ?? Number.POSITIVE_INFINITY)) this.#finish(active, output);
      else {
        this.#turn++;
        if (left > 0 && !output.stop) shortestWaitMs = Math.min(shortestWaitMs, this.#waitMs(active));
      }
    }
    if (this.#splits.length === 0) return this.#outOfWork();
    if (left === 0 || output.stop || shortestWaitMs <= 0) return "more";
    this.#wakeIn(shortestWaitMs);
    return "waiting";
  }

  #emit(active: ActiveSplit, output: ReaderOutput<T>, count: number): number {
    const { id, step, end } = active.split;
    const records = this.#records;
    const { timestampOf } = records;
    const first = active.next;
    const behind = Math.min(first + count * step, end ?? Number.POSITIVE_INFINITY);
    let next = first;
    try {
      while (next < behind) {
        const index = next;
        this.#last = index;
        next += step;
        const value = records.recordAt(index);
        output.collect(id, value, timestampOf === undefined ? NO_TIMESTAMP : timestampOf(value));
        if (output.stop) break;
      }
    } finally {
      active.next = next;
    }
    const done = (next - first) / step;
    active.emitted += done;
    return done;
  }

  #finish(active: ActiveSplit, output: ReaderOutput<T>): void {
    this.#splits = this.#splits.filter((other) => other !== active);
    output.splitFinished(active.split.id);
  }

  #outOfWork(): "more" | "waiting" | "ended" {
    if (!this.#requested && !this.#noMore) {
      this.#requested = true;
      this.#context.requestSplit();
    }
    // The answer may have come at once.
    if (this.#splits.length > 0) return "more";
    return this.#noMore ? "ended" : "waiting";
  }

  /** How many records the rate lets out now. */
  #allowance(active: ActiveSplit): number {
    const rate = this.#rateOf(active);
    if (rate === undefined) return Number.POSITIVE_INFINITY;
    const elapsedMs = this.#context.ports.clock.monotonic() - active.since;
    return Math.floor((elapsedMs * rate) / 1000) - active.emitted;
  }

  #waitMs(active: ActiveSplit): number {
    const rate = this.#rateOf(active);
    if (rate === undefined) return 0;
    const due = active.since + ((active.emitted + 1) * 1000) / rate;
    return Math.ceil(due - this.#context.ports.clock.monotonic());
  }

  #rateOf(active: ActiveSplit): number | undefined {
    return this.#records.ratePerSecond === undefined ? undefined : this.#records.ratePerSecond / active.split.step;
  }

  #wakeIn(delayMs: number): void {
    this.#cancelWake?.();
    this.#cancelWake = this.#context.ports.scheduler.after(delayMs, () => this.#context.available());
  }

  snapshot(): readonly IndexedSplit[] {
    return this.#splits.map(({ split, next }) => ({ ...split, next }));
  }

  position(): string | undefined {
    return this.#last < 0 ? undefined : `${this.#records.name}[${this.#last}]`;
  }

  async close(): Promise<void> {
    this.#cancelWake?.();
  }
}
