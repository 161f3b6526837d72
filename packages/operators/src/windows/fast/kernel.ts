import type { Cells, Key, KeyedContext } from "@millrace/contracts";
import type { FastSpec, FoldedWindowContents } from "./is-fast.ts";

/** The inner loop of windows that fire whole. */
export interface WindowKernel {
  /** Adds one record to its windows. */
  processElement(value: unknown, timestamp: number): void;
  /** Emits the result of one accumulator of the window that fires; false when it is time to yield. */
  fire(accumulator: unknown): boolean;
  /** The windows at hand are no longer good: some fired. */
  forget(): void;
}

/** What a kernel is made of. */
export interface KernelParts {
  readonly keyed: KeyedContext;
  readonly keySelector: FastSpec["keySelector"];
  readonly contents: FoldedWindowContents;
  /** Finds the windows of a record that does not lie in the pane at hand. undefined: it is late, and dealt with. */
  enter(value: unknown, timestamp: number): Pane | undefined;
  /** Emits a result of the window that fires; false when it is time to yield. */
  emit(result: unknown): boolean;
  /** What to throw when a user's function threw; the key is undefined as long as it is not known. */
  failed(error: unknown, key: Key | undefined): unknown;
}

/** A stretch of time [start, end) whose records belong to the same windows: the accumulators of these, latest window first. */
export interface Pane {
  readonly start: number;
  readonly end: number;
  readonly windows: readonly Cells<unknown>[];
}
