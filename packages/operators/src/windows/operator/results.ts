import type { Collector, OperatorContext } from "@millrace/contracts";
import { checkReturned } from "@millrace/core";
import type { Window, WindowSpec } from "../spec.ts";
import { maxTimestamp } from "../triggers/trigger.ts";
import { FunctionContext } from "./function-context.ts";
import type { WindowForm } from "./window-form.ts";

/** Emits the results of one window of the current key, through the window function if there is one. */
export class Results implements Collector<unknown> {
  readonly #spec: WindowSpec;
  readonly #context: OperatorContext<unknown>;
  readonly #function: FunctionContext;
  #timestamp = 0;

  constructor(spec: WindowSpec, context: OperatorContext<unknown>, form: WindowForm) {
    this.#spec = spec;
    this.#context = context;
    this.#function = new FunctionContext(spec, context, form);
  }

  /** What follows is about this window, until the next call. */
  turnTo(window: Window): void {
    this.#timestamp = maxTimestamp(window);
    this.#function.turnTo(window);
  }

  /** The elements of the window, or the one value that they were folded into. */
  emit(results: readonly unknown[]): void {
    const { process, contents } = this.#spec;
    if (contents.kind !== "elements") checkReturned(results[0]);
    if (process !== undefined) checkReturned(process.process(results, this.#function, this));
    else this.collect(contents.kind === "elements" ? results : results[0]);
  }

  /** The window is gone. */
  clear(): void {
    checkReturned(this.#spec.process?.clear?.(this.#function));
    this.#function.clearWindowState();
  }

  /** The one firing of a window that is gone with it. */
  emitAndClear(result: unknown): void {
    const { process } = this.#spec;
    checkReturned(result);
    if (process === undefined) {
      this.#context.output.collect(result, this.#timestamp);
    } else {
      checkReturned(process.process([result], this.#function, this));
      this.clear();
    }
  }

  readonly collect = (value: unknown): void => this.#context.output.collect(value, this.#timestamp);
}
