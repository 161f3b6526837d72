import type { Json, Ports } from "@millrace/core";

/**
 * A source after Flink's FLIP-27: the enumerator (one, on the coordinator) finds splits and deals them out; readers (one
 * per subtask) read them. Splits carry their own positions, so that a restored or moved split goes on where it was.
 */
export interface Source<T, Split extends SourceSplit = SourceSplit> {
  /** E.g. "files"; for plan, logs and errors. */
  readonly name: string;
  readonly boundedness: "bounded" | "unbounded";
  /** Whether splits can be read again from a position. false (stdin): recovery is at-most-once, and the start says so. */
  readonly replayable: boolean;
  /** What stands in the plan: options without secrets. */
  readonly description: Json;
  /** Names of side outputs that readers emit to, e.g. for bad records. */
  readonly sideOutputs?: readonly string[];
  createEnumerator(context: EnumeratorContext<Split>, restored: Json | undefined): SplitEnumerator;
  createReader(context: ReaderContext): SourceReader<T, Split>;
}

/** JSON data with a unique id. `position` inside is the source's own matter. */
export interface SourceSplit {
  readonly id: string;
  readonly [name: string]: Json;
}

export interface EnumeratorContext<Split> {
  readonly ports: Ports;
  readonly parallelism: number;
  /** Hands splits to a reader. A subtask that there is not, from 0 to `parallelism` less one, fails the job. */
  assign(subtask: number, splits: readonly Split[]): void;
  /** This reader gets no more splits. Sent to all, it ends a bounded source. */
  noMoreSplits(subtask: number): void;
  /** Fails the job. */
  fail(error: unknown): void;
}

export interface SplitEnumerator {
  /**
   * Called once, when the tasks run already. The job counts as running, and takes checkpoints, when it resolves: what looks for splits
   * again and again, until `close`, goes on behind it.
   */
  start(): Promise<void>;
  /**
   * A reader is ready for a split. Restored splits are given back to readers by the runtime before this is called. None comes back to the
   * enumerator (Flink's `addSplitsBack`): no reader is started again alone, and an attempt begins with an enumerator of its own.
   */
  requestSplit(subtask: number): void;
  /** What it must know after a restore: which splits are done or assigned, what is still to be dealt. Taken before the barrier. */
  snapshot(): Json;
  close(): Promise<void>;
}

export interface ReaderContext {
  readonly ports: Ports;
  readonly subtask: number;
  /** Asks the enumerator for a split; the reader calls it when it runs out of work, or as soon as it is made. */
  requestSplit(): void;
  /** There may be something to poll again: data came, a split ended, an error waits. */
  available(): void;
}

/**
 * Reads splits. I/O happens ahead of `poll`, asynchronously and bounded; `poll` itself is synchronous and never blocks.
 * Errors of the I/O are thrown by the next `poll`, as MillraceErrors with the position.
 */
export interface SourceReader<T, Split> {
  /** Splits to read, new or restored, with their positions. */
  addSplits(splits: readonly Split[]): void;
  noMoreSplits(): void;
  /**
   * Exactly these splits are not to be read for now, because they are ahead of their alignment group; replaces what was said
   * before. Absent: the source reads its splits one after the other, or holds back all of them.
   */
  pauseSplits?(ids: ReadonlySet<string>): void;
  /**
   * Hands over at most `limit` records, fewer when `output.stop` becomes true.
   * "more": there is or may be more at once. "waiting": nothing now, `context.available` will be called.
   * "ended": no more splits, and all are read.
   */
  poll(output: ReaderOutput<T>, limit: number): "more" | "waiting" | "ended";
  /** Splits not yet read to their end, with positions after the last record handed over. Called between polls. */
  snapshot(): readonly Split[];
  /**
   * The checkpoint that holds the last snapshot is complete: its positions may be told to observers. Not called for one
   * that was given up; the next snapshot takes its place.
   */
  checkpointCompleted?(): void;
  /** Where the record handed over last came from, e.g. `flights.csv:812`; for errors. Cheap to ask, built when asked. */
  position(): string | undefined;
  /** Bad records left out so far, where the source counts them. */
  readonly skipped?: number;
  close(): Promise<void>;
}

/** Where a reader puts its records. */
export interface ReaderOutput<T> {
  /** One record of a split; `timestamp` if the source knows one, else NO_TIMESTAMP. */
  collect(splitId: string, value: T, timestamp: number): void;
  /** A bad record for a declared side output of the source. */
  side(name: string, value: unknown): void;
  /** A split was read to its end: its watermark no longer holds others back. */
  splitFinished(splitId: string): void;
  /** Stop handing over: a watermark is due, or the output is full. */
  readonly stop: boolean;
}
