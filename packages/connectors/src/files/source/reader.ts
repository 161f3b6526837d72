import type { ReaderContext, ReaderOutput, SourceReader } from "@millrace/contracts";
import type { FileSplit } from "./split.ts";
import { type ReadingOptions, SplitReading } from "./split-reading.ts";

/**
 * Reads one split after the other. While the last bytes of one are parsed the next is asked for and opened already, so
 * that many small files do not cost a round trip each.
 */
export class FileReader<T> implements SourceReader<T, FileSplit> {
  readonly #context: ReaderContext;
  readonly #options: ReadingOptions<T>;
  readonly #queue: FileSplit[] = [];
  #current: SplitReading<T> | undefined;
  #ahead: SplitReading<T> | undefined;
  #requested = false;
  #noMore = false;
  #position: string | undefined;
  #skippedBefore = 0;
  #closing: Promise<void> = Promise.resolve();

  constructor(context: ReaderContext, options: ReadingOptions<T>) {
    this.#context = context;
    this.#options = options;
  }

  addSplits(splits: readonly FileSplit[]): void {
    this.#queue.push(...splits);
    this.#requested = false;
    this.#context.available();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#context.available();
  }

  poll(output: ReaderOutput<T>, limit: number): "more" | "waiting" | "ended" {
    if (output.stop) return "more";
    const reading = this.#reading();
    if (reading === undefined) return this.#outOfWork();
    const result = reading.deliver(output, limit);
    this.#openAhead(reading);
    if (result === "more") return "more";
    if (result === "starved") return "waiting";
    this.#finish(reading);
    output.splitFinished(reading.splitId);
    return "more";
  }

  /** The answer to a request may have come at once. */
  #outOfWork(): "more" | "waiting" | "ended" {
    if (this.#queue.length > 0) return "more";
    return this.#noMore ? "ended" : "waiting";
  }

  #reading(): SplitReading<T> | undefined {
    if (this.#current === undefined) {
      this.#current = this.#ahead ?? this.#openNext();
      this.#ahead = undefined;
    }
    return this.#current;
  }

  #openNext(): SplitReading<T> | undefined {
    const split = this.#queue.shift();
    if (split !== undefined) return new SplitReading(this.#context.ports.files, split, this.#options, () => this.#context.available());
    if (!this.#requested && !this.#noMore) {
      this.#requested = true;
      this.#context.requestSplit();
    }
    return undefined;
  }

  #openAhead(reading: SplitReading<T>): void {
    if (reading.loaded && this.#ahead === undefined) this.#ahead = this.#openNext();
  }

  #finish(reading: SplitReading<T>): void {
    this.#position = reading.position ?? this.#position;
    this.#skippedBefore += reading.skipped;
    this.#current = undefined;
    this.#closing = Promise.all([this.#closing, reading.close()]).then(() => {});
    // The file was read whole: that its handle can't be closed changes nothing, and close() reports it.
    this.#closing.catch(() => {});
  }

  snapshot(): readonly FileSplit[] {
    const open = [this.#current, this.#ahead].filter((reading) => reading !== undefined);
    return [...open.map((reading) => reading.snapshot()), ...this.#queue];
  }

  position(): string | undefined {
    return this.#current?.position ?? this.#position;
  }

  /** Bad records left out so far by `onError: "skip"`. */
  get skipped(): number {
    return this.#skippedBefore + (this.#current?.skipped ?? 0);
  }

  async close(): Promise<void> {
    await this.#closing;
    await this.#current?.close();
    await this.#ahead?.close();
  }
}
