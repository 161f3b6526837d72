import type { Collector, Key, KeyedProcessContext, OperatorContext, StateDeclarations, SubtaskInfo } from "@millrace/contracts";
import { assert, checkReturned } from "@millrace/core";
import { type FunctionScope, type KeyedFunction, openFunctionScope } from "./function-scope.ts";
import { userFunctionError } from "./user-error.ts";

/** A keyed function with its life cycle, as both process functions have it. */
interface LivingFunction<K extends Key, Out, S extends StateDeclarations> extends KeyedFunction<K, Out, S> {
  open?(info: SubtaskInfo): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Takes one record of one input; made once, so that nothing is made per record. */
type Process<In, K extends Key, Out, S extends StateDeclarations> = (value: In, context: KeyedProcessContext<K, S>, out: Collector<Out>) => void;

/** Runs a keyed function whatever the number of its inputs: everything of the operator but which method takes a record. */
export class KeyedFunctionRunner<K extends Key, Out, S extends StateDeclarations> {
  readonly #fn: LivingFunction<K, Out, S>;
  #scope: FunctionScope<K, Out, S> | undefined;

  constructor(fn: LivingFunction<K, Out, S>) {
    this.#fn = fn;
  }

  async open(context: OperatorContext<Out>): Promise<void> {
    this.#scope = openFunctionScope(this.#fn, context);
    await this.#fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
  }

  run<In>(value: In, timestamp: number, keySelector: (value: In) => K, process: Process<In, K, Out, S>): void {
    const scope = this.#scope;
    assert(scope !== undefined, "a record came before open");
    let key: K | undefined;
    try {
      key = keySelector(value);
      scope.enter(key, timestamp);
      checkReturned(process(value, scope.context, scope.out));
    } catch (error) {
      throw userFunctionError(error, { context: scope.operatorContext, key });
    }
  }

  onWatermark(watermark: number): boolean {
    assert(this.#scope !== undefined, "a watermark came before open");
    return this.#scope.timers.onWatermark(watermark);
  }

  onProcessingTime(now: number): boolean {
    assert(this.#scope !== undefined, "a clock reading came before open");
    return this.#scope.timers.onProcessingTime(now);
  }

  async close(): Promise<void> {
    await this.#fn.close?.();
  }
}
