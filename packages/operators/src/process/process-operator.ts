import type { Collector, CoProcessFunction, Operator, OperatorContext, ProcessContext, ProcessFunction } from "@millrace/contracts";
import { assert, checkReturned, NO_TIMESTAMP } from "@millrace/core";
import { createSideEmitter } from "./side-outputs.ts";
import { userFunctionError } from "./user-error.ts";

/** Runs a ProcessFunction on a stream without a key (Flink's ProcessOperator). */
export function createProcessOperator<In, Out>(fn: ProcessFunction<In, Out>): Operator<In, Out> {
  const runner = new FunctionRunner<Out>(fn);
  const process: typeof fn.processElement = (value, context, out) => fn.processElement(value, context, out);
  return {
    open: (context) => runner.open(context),
    processElement: (value, timestamp) => runner.run(value, timestamp, process),
    close: () => runner.close(),
  };
}

/** Runs a CoProcessFunction on two connected streams without a key (Flink's CoProcessOperator). */
export function createCoProcessOperator<In1, In2, Out>(fn: CoProcessFunction<In1, In2, Out>): Operator<In1, Out, In2> {
  const runner = new FunctionRunner<Out>(fn);
  const process1: typeof fn.processElement1 = (value, context, out) => fn.processElement1(value, context, out);
  const process2: typeof fn.processElement2 = (value, context, out) => fn.processElement2(value, context, out);
  return {
    open: (context) => runner.open(context),
    processElement: (value, timestamp) => runner.run(value, timestamp, process1),
    processElement2: (value, timestamp) => runner.run(value, timestamp, process2),
    close: () => runner.close(),
  };
}

type AnyFunction = Pick<ProcessFunction<never, never>, "sideOutputs" | "open" | "close">;

/** Runs a function without a key, whatever the number of its inputs. One set of objects serves all records. */
class FunctionRunner<Out> {
  readonly #fn: AnyFunction;
  #scope: Scope<Out> | undefined;

  constructor(fn: AnyFunction) {
    this.#fn = fn;
  }

  async open(context: OperatorContext<Out>): Promise<void> {
    this.#scope = openScope(this.#fn, context);
    await this.#fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
  }

  run<In>(value: In, timestamp: number, process: (value: In, context: ProcessContext, out: Collector<Out>) => void): void {
    const scope = this.#scope;
    assert(scope !== undefined, "a record came before open");
    scope.timestamp = timestamp;
    try {
      checkReturned(process(value, scope.functionContext, scope.out));
    } catch (error) {
      throw userFunctionError(error, { context: scope.context, key: undefined });
    }
  }

  async close(): Promise<void> {
    await this.#fn.close?.();
  }
}

/** `timestamp` is that of the record being processed. */
interface Scope<Out> {
  timestamp: number;
  readonly context: OperatorContext<Out>;
  readonly functionContext: ProcessContext;
  readonly out: Collector<Out>;
}

function openScope<Out>(fn: AnyFunction, context: OperatorContext<Out>): Scope<Out> {
  const emitSide = createSideEmitter(fn.sideOutputs, context);
  const scope: Scope<Out> = {
    timestamp: NO_TIMESTAMP,
    context,
    out: { collect: (value) => context.output.collect(value, scope.timestamp) },
    functionContext: {
      timestamp: () => (scope.timestamp === NO_TIMESTAMP ? undefined : scope.timestamp),
      currentWatermark: () => context.currentWatermark(),
      currentProcessingTime: () => context.now(),
      output: (tag, value) => emitSide(tag, value, scope.timestamp),
    },
  };
  return scope;
}
