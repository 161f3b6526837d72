import type { ReaderContext, ReaderOutput, Source, SourceReader, SourceSplit } from "@millrace/contracts";
import { MillraceError, messageOf, NO_TIMESTAMP } from "@millrace/core";
import { badInputRecord, badRecordError, type OnBadRecord, sideOutputOf } from "../formats/bad-records.ts";
import { checkReading } from "../formats/check-reading.ts";
import type { Format, TextEncoding } from "../formats/format.ts";
import { ReadAhead } from "../formats/read-ahead.ts";
import { type BadBytes, type BytePlace, RecordStream } from "../formats/record-stream.ts";
import { FixedSplitEnumerator } from "../splits/fixed-enumerator.ts";
import { InputRest } from "./input-rest.ts";
import { processStdin } from "./process-stdin.ts";

export type Input = () => AsyncIterable<Buffer>;

export interface StdinOptions {
  readonly encoding?: TextEncoding;
  /** Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** Default "fail". */
  readonly onError?: OnBadRecord;
  /** Default: the standard input of the process. Asked for again after a restart, it goes on where the last iteration was ended. */
  readonly input?: Input;
}

export interface StdinSource<T> extends Source<T, StdinSplit> {
  readonly sideOutputs: readonly string[];
}

export interface StdinSplit extends SourceSplit {
  readonly id: "stdin";
}

/** Reads the standard input in one subtask, to its end. It can't be read again: what was in flight at a crash is lost. */
export function stdin<T>(format: Format<T>, options: StdinOptions = {}): StdinSource<T> {
  checkReading("stdin", format, options);
  const side = sideOutputOf(options.onError ?? "fail");
  const rest = new InputRest();
  return {
    name: "stdin",
    boundedness: "bounded",
    replayable: false,
    description: { ...(format.description as object) },
    sideOutputs: side === undefined ? [] : [side],
    createEnumerator: (context, restored) => new FixedSplitEnumerator<StdinSplit>(context, () => [{ id: "stdin" }], restored),
    createReader: (context) => new StdinReader(context, format, options, rest),
  };
}

class StdinReader<T> implements SourceReader<T, StdinSplit> {
  readonly #context: ReaderContext;
  readonly #format: Format<T>;
  readonly #options: StdinOptions;
  readonly #input: Input;
  readonly #rest: InputRest;
  #splits: readonly StdinSplit[] = [];
  #readAhead: ReadAhead | undefined;
  #stream: RecordStream<T> | undefined;
  #output: ReaderOutput<T> | undefined;
  #requested = false;
  #noMore = false;
  /** Bad records left out by `onError: "skip"`. */
  skipped = 0;

  constructor(context: ReaderContext, format: Format<T>, options: StdinOptions, rest: InputRest) {
    this.#context = context;
    this.#format = format;
    this.#options = options;
    this.#input = options.input ?? processStdin;
    this.#rest = rest;
  }

  addSplits(splits: readonly StdinSplit[]): void {
    this.#splits = splits;
    this.#requested = false;
    const { encoding = "utf8", maxLineBytes = 16 << 20 } = this.#options;
    const { position, chunks } = this.#rest.take();
    const readAhead = new ReadAhead(this.#input(), () => this.#context.available(), chunks);
    this.#readAhead = readAhead;
    this.#stream = new RecordStream({
      decoder: this.#format.createDecoder(encoding),
      encoding,
      maxLineBytes,
      position,
      skipFirstLine: false,
      pull: () => readAhead.take(),
      exhausted: () => readAhead.exhausted,
      bad: (bad) => this.#bad(bad),
      explain: readingError,
    });
    this.#context.available();
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.#context.available();
  }

  poll(output: ReaderOutput<T>, limit: number): "more" | "waiting" | "ended" {
    if (this.#stream === undefined) return this.#withoutSplit();
    if (output.stop) return "more";
    this.#output = output;
    const result = this.#stream.deliver(
      {
        collect: (value) => output.collect("stdin", value, NO_TIMESTAMP),
        get stop() {
          return output.stop;
        },
      },
      limit,
    );
    if (result === "more") return "more";
    if (result === "starved") return "waiting";
    this.#splits = [];
    this.#stream = undefined;
    output.splitFinished("stdin");
    return "more";
  }

  #withoutSplit(): "more" | "waiting" | "ended" {
    if (!this.#requested && !this.#noMore) {
      this.#requested = true;
      this.#context.requestSplit();
    }
    // The answer may have come at once.
    if (this.#stream !== undefined) return "more";
    return this.#noMore ? "ended" : "waiting";
  }

  #bad(bad: BadBytes): void {
    const { onError = "fail" } = this.#options;
    if (onError === "fail") throw badRecordError(`stdin:${bad.line}`, bad);
    const side = sideOutputOf(onError);
    if (side === undefined) this.skipped++;
    else this.#output?.side(side, badInputRecord("stdin", bad));
  }

  snapshot(): readonly StdinSplit[] {
    return this.#splits;
  }

  position(): string | undefined {
    const line = this.#stream?.lastLine ?? 0;
    return line === 0 ? undefined : `stdin:${line}`;
  }

  async close(): Promise<void> {
    const chunks = await this.#readAhead?.close();
    const stream = this.#stream;
    if (chunks !== undefined && stream !== undefined) this.#rest.leave({ position: stream.position, chunks: [stream.rest, ...chunks] });
  }
}

function readingError(error: unknown, at: BytePlace): MillraceError {
  const where = { position: `stdin:${at.line}` };
  if (error instanceof MillraceError) return error.at(where);
  return new MillraceError("SOURCE_READ", `the standard input can't be read: ${messageOf(error)}`, { cause: error, where });
}
