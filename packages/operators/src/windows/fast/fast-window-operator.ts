import type { CellTable, Operator, OperatorContext } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { userFunctionError } from "../../process/user-error.ts";
import { eventTimestamp, slideStart } from "../assigners/alignment.ts";
import type { AlignedShape } from "../assigners/assigner.ts";
import { Lateness } from "../operator/lateness.ts";
import { Results } from "../operator/results.ts";
import { stateNames } from "../operator/state-names.ts";
import { numbers, windowForm } from "../operator/window-form.ts";
import { generatedKernel } from "./generated-kernel.ts";
import { interpretedKernel } from "./interpreted-kernel.ts";
import { alignedShape, type FastSpec } from "./is-fast.ts";
import type { KernelParts, Pane, WindowKernel } from "./kernel.ts";
import { PendingWindows } from "./pending-windows.ts";

/** `generated` falls back to `interpreted` where the process forbids code generation. */
export type KernelKind = "generated" | "interpreted";

/**
 * Windows that fire whole (law T3): accumulators stand by window and then by key, and a window is over for all keys at
 * once, so its end is a timer for all of them. Only the accumulators are state; the open windows follow from them. A firing
 * hands accumulators out one by one and can stop after any of them, with the rest still in state.
 */
export class FastWindowOperator implements Operator<unknown, unknown> {
  readonly #spec: FastSpec;
  readonly #shape: AlignedShape;
  readonly #kernelKind: KernelKind;
  readonly #eventTime: boolean;
  #open: Opened | undefined;

  constructor(spec: FastSpec, kernelKind: KernelKind) {
    const shape = alignedShape(spec);
    assert(shape !== undefined, "windows that fire whole are aligned");
    this.#spec = spec;
    this.#shape = shape;
    this.#kernelKind = kernelKind;
    this.#eventTime = spec.assigner.time === "event";
  }

  open(context: OperatorContext<unknown>): void {
    const { assigner, contents, keySelector } = this.#spec;
    const table = context.keyed.cells<number | string, unknown>(stateNames.accumulators, contents.codec, numbers);
    const results = new Results(this.#spec, context, windowForm(assigner.shape));
    const kernel = makeKernel(
      {
        keyed: context.keyed,
        keySelector,
        contents,
        enter: (value, timestamp) => this.#enter(value, timestamp),
        emit(result) {
          results.emitAndClear(result);
          return !context.shouldYield();
        },
        failed: (error, key) => userFunctionError(error, { context, key }),
      },
      this.#kernelKind,
      this.#shape,
    );
    const pending = new PendingWindows([...table.namespaces()].map(Number));
    this.#open = {
      context,
      table,
      results,
      kernel,
      pending,
      lateness: new Lateness(this.#spec, context),
      fire(accumulator) {
        if (accumulator !== undefined) return kernel.fire(accumulator);
        // Given up by the function: as in Flink, there is nothing to emit.
        results.clear();
        return true;
      },
    };
    // A call less per record; the method below is for those who took it before.
    this.processElement = this.#eventTime ? kernel.processElement : (value) => kernel.processElement(value, context.now());
    if (!this.#eventTime) this.#wakeForFirst();
  }

  processElement(value: unknown, timestamp: number): void {
    const { kernel, context } = this.#opened();
    kernel.processElement(value, this.#eventTime ? timestamp : context.now());
  }

  onWatermark(watermark: number): boolean {
    return !this.#eventTime || this.#fireUpTo(watermark);
  }

  onProcessingTime(now: number): boolean {
    if (this.#eventTime) return true;
    if (!this.#fireUpTo(now)) return false;
    this.#wakeForFirst();
    return true;
  }

  /** Processing time: the first window that waits is over with its last millisecond. */
  #wakeForFirst(): void {
    const { context, pending } = this.#opened();
    const first = pending.first();
    if (first !== undefined) context.wakeAt(first + this.#shape.sizeMs - 1);
  }

  #fireUpTo(time: number): boolean {
    const { pending, kernel } = this.#opened();
    for (let start = pending.first(); start !== undefined && start + this.#shape.sizeMs - 1 <= time; start = pending.first()) {
      kernel.forget();
      if (!this.#fire(start)) return false;
      pending.removeFirst();
    }
    return true;
  }

  #fire(start: number): boolean {
    const { context, table, results, fire } = this.#opened();
    if (!table.has(start)) return true;
    results.turnTo({ start, end: start + this.#shape.sizeMs });
    try {
      return table.of(start).drain(fire);
    } catch (error) {
      throw userFunctionError(error, { context, key: context.keyed.currentKey() });
    }
  }

  /** The pane of a record's time: windows change where one begins and where one ends. Windows that are gone already are left out. */
  #enter(value: unknown, recordTimestamp: number): Pane | undefined {
    const { table, lateness, pending } = this.#opened();
    const { sizeMs, slideMs, offsetMs } = this.#shape;
    const timestamp = this.#eventTime ? eventTimestamp(recordTimestamp) : recordTimestamp;
    const last = slideStart(timestamp, offsetMs, slideMs);
    const starts: number[] = [];
    let start = last;
    for (; start > timestamp - sizeMs; start -= slideMs) {
      if (!lateness.isLate({ start, end: start + sizeMs })) starts.push(start);
    }
    if (starts.length === 0) {
      lateness.skipped(value, timestamp);
      return undefined;
    }
    for (const one of starts) pending.add(one);
    if (!this.#eventTime) this.#wakeForFirst();
    // `start` is now the latest window that ended before the record; the one after it is the earliest that holds it.
    return {
      start: Math.max(last, start + sizeMs),
      end: Math.min(last + slideMs, start + slideMs + sizeMs),
      windows: starts.map((one) => table.of(one)),
    };
  }

  #opened(): Opened {
    assert(this.#open !== undefined, "a window operator is opened before it is used");
    return this.#open;
  }
}

interface Opened {
  readonly context: OperatorContext<unknown>;
  readonly table: CellTable<number | string, unknown>;
  readonly results: Results;
  readonly kernel: WindowKernel;
  readonly pending: PendingWindows;
  readonly lateness: Lateness;
  readonly fire: (accumulator: unknown) => boolean;
}

function makeKernel(parts: KernelParts, kind: KernelKind, shape: AlignedShape): WindowKernel {
  if (kind === "interpreted") return interpretedKernel(parts);
  try {
    return generatedKernel(parts, shape.sizeMs <= shape.slideMs);
  } catch (error) {
    if (error instanceof EvalError) return interpretedKernel(parts);
    throw error;
  }
}
