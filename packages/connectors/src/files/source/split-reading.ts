import type { ReaderOutput } from "@millrace/contracts";
import { type Files, MillraceError, NO_TIMESTAMP } from "@millrace/core";
import { badInputRecord, badRecordError, type OnBadRecord, sideOutputOf } from "../../formats/bad-records.ts";
import type { Format, TextEncoding } from "../../formats/format.ts";
import { ReadAhead } from "../../formats/read-ahead.ts";
import { type BadBytes, type BytePlace, type Deliver, RecordStream } from "../../formats/record-stream.ts";
import type { Compression } from "./decompress.ts";
import { fileBytes } from "./file-bytes.ts";
import type { FileIdentity, FileSplit } from "./split.ts";

export interface ReadingOptions<T> {
  readonly format: Format<T>;
  readonly encoding: TextEncoding;
  readonly maxLineBytes: number;
  readonly onError: OnBadRecord;
  readonly compressionOf: (path: string) => Compression;
}

/** One split being read: bytes come in ahead, records go out when polled. */
export class SplitReading<T> {
  /** Bad records left out, not sent to a side output. */
  skipped = 0;
  readonly #split: FileSplit;
  readonly #options: ReadingOptions<T>;
  readonly #readAhead: ReadAhead;
  readonly #stream: RecordStream<T>;
  readonly #deliver: Deliver<T>;
  #identity: FileIdentity | null;
  #output: ReaderOutput<T> | undefined;

  constructor(files: Files, split: FileSplit, options: ReadingOptions<T>, notify: () => void) {
    this.#split = split;
    this.#options = options;
    this.#identity = split.file;
    const compression = options.compressionOf(split.path);
    // A range that is not at its file's beginning starts after the first line feed at or after the byte before it.
    const atRangeStart = split.start > 0 && split.offset === split.start;
    const from = atRangeStart ? split.offset - 1 : split.offset;
    // Before anything is opened: what it refuses leaves nothing open.
    this.#stream = new RecordStream({
      decoder: options.format.createDecoder(options.encoding),
      encoding: options.encoding,
      maxLineBytes: options.maxLineBytes,
      position: { offset: from, line: split.line, records: split.records, decoder: split.decoder },
      skipFirstLine: atRangeStart,
      pull: () => this.#readAhead.take(),
      exhausted: () => this.#readAhead.exhausted,
      bad: (bad) => this.#bad(bad),
      explain: (error, at) => (error instanceof MillraceError ? error.at({ position: this.#positionOf(at) }) : error),
    });
    this.#readAhead = new ReadAhead(
      fileBytes(files, {
        path: split.path,
        known: split.file ?? undefined,
        compression,
        offset: from,
        opened: (identity) => {
          this.#identity = identity;
          if (compression === "none") this.#stream.endOffset = split.end ?? identity.bytes;
        },
      }),
      notify,
    );
    this.#deliver = this.#delivery();
  }

  /** One object for the life of the reading, so that handing a record over allocates nothing. */
  #delivery(): Deliver<T> {
    const reading = this;
    const { id } = this.#split;
    return {
      collect(value) {
        reading.#output?.collect(id, value, NO_TIMESTAMP);
      },
      get stop() {
        return reading.#output?.stop ?? true;
      },
    };
  }

  get splitId(): string {
    return this.#split.id;
  }

  /** All bytes are in memory or parsed. */
  get loaded(): boolean {
    return this.#readAhead.finished;
  }

  /** See RecordStream.deliver. Throws the errors of reading, of bad records when they fail the job, and of `output`. */
  deliver(output: ReaderOutput<T>, limit: number): "more" | "starved" | "done" {
    this.#output = output;
    try {
      return this.#stream.deliver(this.#deliver, limit);
    } finally {
      this.#output = undefined;
    }
  }

  #bad(bad: BadBytes): void {
    const { onError } = this.#options;
    if (onError === "fail") throw badRecordError(this.#positionOf(bad), bad);
    const side = sideOutputOf(onError);
    if (side === undefined) this.skipped++;
    else this.#output?.side(side, badInputRecord(this.#split.path, bad));
  }

  #positionOf({ line, offset }: BytePlace): string {
    return this.#split.start > 0 ? `${this.#split.path}@byte ${offset}` : `${this.#split.path}:${line}`;
  }

  /** Of the record handed over last. */
  get position(): string | undefined {
    return this.#stream.lastLine === 0 ? undefined : this.#positionOf({ line: this.#stream.lastLine, offset: this.#stream.lastOffset });
  }

  snapshot(): FileSplit {
    const { offset, line, records, decoder } = this.#stream.position;
    if (records === this.#split.records && line === this.#split.line) return { ...this.#split, file: this.#identity };
    return { ...this.#split, file: this.#identity, offset, line, records, decoder };
  }

  async close(): Promise<void> {
    await this.#readAhead.close();
  }
}
