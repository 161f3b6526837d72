import type { Cells, Operator, OperatorContext } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { userFunctionError } from "../../process/user-error.ts";
import { eventTimestamp, slideStart } from "../assigners/alignment.ts";
import type { AlignedShape } from "../assigners/assigner.ts";
import { alignedShape, type FastSpec } from "../fast/is-fast.ts";
import { PendingWindows } from "../fast/pending-windows.ts";
import { type Folding, foldingOf } from "../operator/folding.ts";
import { Lateness } from "../operator/lateness.ts";
import { Results } from "../operator/results.ts";
import { stateNames } from "../operator/state-names.ts";
import { numbers, windowForm } from "../operator/window-form.ts";
import { mergerOf } from "./merger.ts";
import { type SliceKernel, type SliceKernelKind, sliceKernel } from "./slice-kernel.ts";
import { type Slice, type SlicedRecords, slicesCodec } from "./slices.ts";

/**
 * Sliding windows that fire whole and overlap, of an aggregate that can be merged in any order (stream slicing; Scotty,
 * Traub et al. 2018; Flink's SQL windows). A record is added to one slice of its key, the windows that hold the slice get it
 * when they fire. All slices of a key stand in one value, with the window that is next to fire for the key: so a firing
 * walks over the keys, can stop after any of them, and finds out after a restore who has had his turn.
 */
export class SlicedWindowOperator implements Operator<unknown, unknown> {
  readonly #spec: FastSpec;
  readonly #shape: AlignedShape;
  readonly #folding: Folding;
  readonly #kernelKind: SliceKernelKind;
  #open: Opened | undefined;
  /** Of the window that fires. */
  #start = 0;
  /** The slice for which the first open window was looked for last, and that; NaN: event time has moved since. */
  #soughtFor = Number.NaN;
  #sought = 0;

  constructor(spec: FastSpec, kernelKind: SliceKernelKind) {
    const shape = alignedShape(spec);
    assert(shape !== undefined, "windows that are sliced are aligned");
    this.#spec = spec;
    this.#shape = shape;
    this.#folding = foldingOf(spec.contents);
    this.#kernelKind = kernelKind;
  }

  open(context: OperatorContext<unknown>): void {
    const { contents, assigner, keySelector } = this.#spec;
    const table = context.keyed.cells<number | string, SlicedRecords>(stateNames.slices, slicesCodec(contents), numbers);
    const keys = table.of(0);
    const kernel = sliceKernel(
      {
        keyed: context.keyed,
        keySelector,
        contents,
        keys,
        enter: (value, timestamp) => this.#enter(value, timestamp),
        addElsewhere: (held, value, start) => this.#addElsewhere(held, value, start),
        failed: (error, key) => userFunctionError(error, { context, key }),
      },
      this.#kernelKind,
    );
    this.#open = {
      context,
      keys,
      kernel,
      results: new Results(this.#spec, context, windowForm(assigner.shape)),
      merged: mergerOf(contents),
      pending: new PendingWindows([]),
      restored: keys.size > 0,
      lateness: new Lateness(this.#spec, context),
      fireKey: (records) => this.#fireKey(records),
    };
    // A call less per record; the method below is for those who took it before.
    this.processElement = kernel.processElement;
  }

  processElement(value: unknown, timestamp: number): void {
    this.#opened().kernel.processElement(value, timestamp);
  }

  onWatermark(watermark: number): boolean {
    const { pending, kernel, keys } = this.#opened();
    this.#soughtFor = Number.NaN;
    if (!this.#findPending()) return false;
    for (let start = pending.first(); start !== undefined && start + this.#shape.sizeMs - 1 <= watermark; start = pending.first()) {
      kernel.forget();
      if (!this.#fire(keys, start)) return false;
      pending.removeFirst();
    }
    return true;
  }

  /** Which windows wait is not in the snapshot; their keys know. False when it is time to yield. */
  #findPending(): boolean {
    const opened = this.#opened();
    const { context, pending, keys } = opened;
    if (!opened.restored) return true;
    const done = keys.walk(({ due }) => {
      pending.add(due);
      return !context.shouldYield();
    });
    opened.restored = !done;
    return done;
  }

  #fire(keys: Cells<SlicedRecords>, start: number): boolean {
    const { context, results, fireKey } = this.#opened();
    this.#start = start;
    results.turnTo({ start, end: start + this.#shape.sizeMs });
    try {
      return keys.walk(fireKey);
    } catch (error) {
      throw userFunctionError(error, { context, key: context.keyed.currentKey() });
    }
  }

  #fireKey(records: SlicedRecords): boolean {
    const { context, results, merged, keys, pending } = this.#opened();
    const start = this.#start;
    if (records.due !== start) {
      assert(records.due > start, "no window of a key is passed over");
      return true;
    }
    const { slices } = records;
    const accumulator = merged(slices, start + this.#shape.sizeMs);
    const nextStart = start + this.#shape.slideMs;
    let gone = 0;
    while (gone < slices.length && (slices[gone] as Slice).start < nextStart) gone++;
    if (gone === slices.length) {
      keys.remove();
    } else {
      for (; gone > 0; gone--) slices.shift();
      const first = (slices[0] as Slice).start;
      // The remainder of a division of times is dear, and there is seldom a pause so long.
      records.due = first < nextStart + this.#shape.sizeMs ? nextStart : this.#firstWindowOf(first);
      pending.add(records.due);
      keys.put(records);
    }
    if (accumulator === undefined) results.clear();
    else results.emitAndClear(this.#folding.result(accumulator));
    return !context.shouldYield();
  }

  /** Start of the earliest window that holds a time. */
  #firstWindowOf(time: number): number {
    const { sizeMs, slideMs, offsetMs } = this.#shape;
    return slideStart(time - sizeMs, offsetMs, slideMs) + slideMs;
  }

  /** The slice of a record; undefined: all windows that would hold it are gone. */
  #enter(value: unknown, recordTimestamp: number): { readonly start: number; readonly end: number } | undefined {
    const { sizeMs, slideMs, offsetMs } = this.#shape;
    const timestamp = eventTimestamp(recordTimestamp);
    const last = slideStart(timestamp, offsetMs, slideMs);
    if (this.#firstOpenWindow(timestamp) > last) {
      this.#opened().lateness.skipped(value, timestamp);
      return undefined;
    }
    // The latest window that ended before the record may end within its slide.
    const ended = slideStart(timestamp - sizeMs, offsetMs, slideMs) + sizeMs;
    return { start: Math.max(last, ended), end: Math.min(last + slideMs, ended + slideMs) };
  }

  /** Start of the earliest window that holds the time and is not gone; after all of them when there is none. */
  #firstOpenWindow(time: number): number {
    const { lateness } = this.#opened();
    const { sizeMs, slideMs } = this.#shape;
    let start = this.#firstWindowOf(time);
    while (start <= time && lateness.isLate({ start, end: start + sizeMs })) start += slideMs;
    return start;
  }

  /** The first open window of a slice; until event time moves it stays the same. */
  #dueOf(start: number): number {
    if (start !== this.#soughtFor) {
      this.#sought = this.#firstOpenWindow(start);
      this.#soughtFor = start;
    }
    return this.#sought;
  }

  /** The key has no slice yet, or another one than the record's is its latest. */
  #addElsewhere(held: SlicedRecords | undefined, value: unknown, start: number): void {
    const { keys, pending } = this.#opened();
    const { first, add } = this.#folding;
    const due = this.#dueOf(start);
    if (held === undefined) {
      pending.add(due);
      keys.put({ due, slices: [{ start, accumulator: first(value) }] });
      return;
    }
    const { slices } = held;
    let at = slices.length;
    while (at > 0 && (slices[at - 1] as Slice).start > start) at--;
    const slice = slices[at - 1];
    if (slice?.start === start) slice.accumulator = add(slice.accumulator, value);
    else slices.splice(at, 0, { start, accumulator: first(value) });
    if (due < held.due) {
      held.due = due;
      pending.add(due);
    }
    keys.put(held);
  }

  #opened(): Opened {
    assert(this.#open !== undefined, "a window operator is opened before it is used");
    return this.#open;
  }
}

interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly keys: Cells<SlicedRecords>;
  readonly kernel: SliceKernel;
  readonly results: Results;
  readonly merged: (slices: readonly Slice[], before: number) => unknown;
  readonly pending: PendingWindows;
  /** There are keys of before a restore whose windows are not among the pending ones. */
  restored: boolean;
  readonly lateness: Lateness;
  readonly fireKey: (records: SlicedRecords) => boolean;
}
