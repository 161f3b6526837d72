import type { Collector, Operator, OperatorContext, ProcessContext, ProcessFunction } from "@millrace/contracts";
import { assert, NO_TIMESTAMP } from "@millrace/core";
import { createSideEmitter } from "./side-outputs.ts";
import { userFunctionError } from "./user-error.ts";

/** Runs a ProcessFunction on a stream without a key (Flink's ProcessOperator). */
export function createProcessOperator<In, Out>(fn: ProcessFunction<In, Out>): Operator<In, Out> {
  let scope: Scope<Out> | undefined;
  return {
    async open(context) {
      scope = openScope(fn, context);
      await fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
    },
    processElement(value, timestamp) {
      assert(scope !== undefined, "a record came before open");
      scope.timestamp = timestamp;
      try {
        fn.processElement(value, scope.functionContext, scope.out);
      } catch (error) {
        throw userFunctionError(error, { context: scope.context, key: undefined });
      }
    },
    async close() {
      await fn.close?.();
    },
  };
}

/** One set of objects for all records; `timestamp` is that of the record being processed. */
interface Scope<Out> {
  timestamp: number;
  readonly context: OperatorContext<Out>;
  readonly functionContext: ProcessContext;
  readonly out: Collector<Out>;
}

function openScope<In, Out>(fn: ProcessFunction<In, Out>, context: OperatorContext<Out>): Scope<Out> {
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
