import type { EnumeratorContext, ReaderContext, ReaderOutput, Source, SourceReader, SourceSplit, SplitEnumerator } from "@millrace/contracts";
import { assert, type Json, type Ports } from "@millrace/core";

/** What a checkpoint keeps of a source; it survived JSON. */
export interface SourceCheckpoint {
  readonly enumerator: Json;
  readonly splits: readonly Json[];
}

export interface SourceRecord<T> {
  readonly splitId: string;
  readonly value: T;
  readonly timestamp: number;
}

export interface SideRecord {
  readonly name: string;
  readonly value: unknown;
}

export interface SourceDriverOptions {
  readonly ports: Ports;
  /** Default 1. */
  readonly parallelism?: number;
  /** Goes on from here; splits are dealt over the readers in turn. */
  readonly restored?: SourceCheckpoint;
  /** Messages are delivered inside the call that sends them, as in a runtime of one thread. Default false: between polls. */
  readonly atOnce?: boolean;
}

/**
 * Runs a source without a runtime: one enumerator, a reader for each subtask, and messages between them that are
 * delivered between polls, as they are between threads. It asserts what the contract of a reader promises: never more
 * than `limit` records, nothing after `stop`, nothing for a split that is finished.
 */
export class SourceDriver<T, Split extends SourceSplit> {
  readonly records: SourceRecord<T>[] = [];
  readonly sideRecords: SideRecord[] = [];
  readonly finishedSplits = new Set<string>();
  readonly #readers: SourceReader<T, Split>[] = [];
  readonly #ended: boolean[] = [];
  readonly #enumerator: SplitEnumerator;
  readonly #mail: (() => void)[] = [];
  readonly #atOnce: boolean;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #noise = 0;
  #turn = 0;

  private constructor(source: Source<T, Split>, options: SourceDriverOptions) {
    const parallelism = options.parallelism ?? 1;
    this.#atOnce = options.atOnce ?? false;
    const context: EnumeratorContext<Split> = {
      ports: options.ports,
      parallelism,
      assign: (subtask, splits) => this.#post(() => this.#readerOf(subtask).addSplits(splits)),
      noMoreSplits: (subtask) => this.#post(() => this.#readerOf(subtask).noMoreSplits()),
      fail: (error) => {
        this.#failure = { error };
        this.#notify();
      },
    };
    const restored = options.restored === undefined ? undefined : throughJson(options.restored);
    this.#enumerator = source.createEnumerator(context, restored?.enumerator);
    for (let subtask = 0; subtask < parallelism; subtask++) {
      this.#readers.push(source.createReader(this.#readerContext(options.ports, subtask)));
      this.#ended.push(false);
      const splits = restored?.splits.filter((_, index) => index % parallelism === subtask) ?? [];
      if (splits.length > 0) this.#readerOf(subtask).addSplits(splits as unknown as Split[]);
    }
  }

  static async open<T, Split extends SourceSplit>(source: Source<T, Split>, options: SourceDriverOptions): Promise<SourceDriver<T, Split>> {
    const driver = new SourceDriver(source, options);
    await driver.#enumerator.start();
    return driver;
  }

  #readerContext(ports: Ports, subtask: number): ReaderContext {
    return {
      ports,
      subtask,
      requestSplit: () => this.#post(() => this.#enumerator.requestSplit(subtask)),
      available: () => this.#notify(),
    };
  }

  #readerOf(subtask: number): SourceReader<T, Split> {
    const reader = this.#readers[subtask];
    assert(reader !== undefined, `no reader ${subtask}`);
    return reader;
  }

  #post(message: () => void): void {
    if (this.#atOnce) message();
    else this.#mail.push(message);
    this.#notify();
  }

  #notify(): void {
    this.#noise++;
    this.#wake?.();
  }

  #deliver(): void {
    for (let message = this.#mail.shift(); message !== undefined; message = this.#mail.shift()) message();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Takes `count` more records into `records`, at most `limit` in a poll, raising `stop` after every `stopAfter` records
   * of a poll. Resolves to false when the source ended before.
   */
  async take(count: number, limit = 256, stopAfter = Number.POSITIVE_INFINITY): Promise<boolean> {
    const goal = this.records.length + count;
    while (this.records.length < goal) {
      this.#deliver();
      if (this.#ended.every(Boolean)) return false;
      const noise = this.#noise;
      if (!this.#pollAll(goal, limit, stopAfter) && noise === this.#noise) await this.#silence();
    }
    return true;
  }

  /** Reads a bounded source to its end. */
  async drain(limit = 256, stopAfter = Number.POSITIVE_INFINITY): Promise<readonly SourceRecord<T>[]> {
    const more = await this.take(Number.POSITIVE_INFINITY, limit, stopAfter);
    assert(!more, "a drained source has no more records");
    return this.records;
  }

  /** True when a reader has more at once. */
  #pollAll(goal: number, limit: number, stopAfter: number): boolean {
    let more = false;
    for (let polls = this.#readers.length; polls > 0; polls--) {
      const subtask = this.#turn++ % this.#readers.length;
      const room = Math.min(limit, goal - this.records.length);
      if (this.#ended[subtask] || room === 0) continue;
      const result = this.#readerOf(subtask).poll(this.#output(room, stopAfter), room);
      if (result === "ended") {
        this.#ended[subtask] = true;
        assert(this.#readerOf(subtask).snapshot().length === 0, "a reader that ended has no splits left");
        more = true;
      }
      if (result === "more") more = true;
    }
    return more;
  }

  #output(limit: number, stopAfter: number): ReaderOutput<T> {
    const { records, sideRecords, finishedSplits } = this;
    const goal = records.length + limit;
    const stopAt = records.length + stopAfter;
    return {
      get stop() {
        return records.length >= stopAt;
      },
      collect(splitId, value, timestamp) {
        assert(records.length < goal, "a poll hands over at most its limit");
        assert(records.length < stopAt, "a poll hands over nothing after stop");
        assert(!finishedSplits.has(splitId), `split ${splitId} is finished and gives no records`);
        records.push({ splitId, value, timestamp });
      },
      side(name, value) {
        sideRecords.push({ name, value });
      },
      splitFinished(splitId) {
        assert(!finishedSplits.has(splitId), `split ${splitId} finishes once`);
        finishedSplits.add(splitId);
      },
    };
  }

  #silence(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** As at a barrier between polls: the enumerator first, then the readers, with no message on the way. */
  checkpoint(): SourceCheckpoint {
    this.#deliver();
    const enumerator = this.#enumerator.snapshot();
    return throughJson({ enumerator, splits: this.#readers.flatMap((reader) => reader.snapshot()) });
  }

  /** The last checkpoint is complete: the readers hear of it. */
  complete(): void {
    for (const reader of this.#readers) reader.checkpointCompleted?.();
  }

  position(subtask = 0): string | undefined {
    return this.#readerOf(subtask).position();
  }

  async close(): Promise<void> {
    await this.#enumerator.close();
    for (const reader of this.#readers) await reader.close();
  }
}

function throughJson<V>(value: V): V {
  return JSON.parse(JSON.stringify(value)) as V;
}
