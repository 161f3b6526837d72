import type { Key, KeyedProcessFunction, Operator, StateDeclarations } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type FunctionScope, openFunctionScope } from "./function-scope.ts";
import { userFunctionError } from "./user-error.ts";

/** Runs a KeyedProcessFunction: state, timers and side outputs of one key at a time (Flink's KeyedProcessOperator). */
export function createKeyedProcessOperator<K extends Key, In, Out, S extends StateDeclarations = Record<never, never>>(
  fn: KeyedProcessFunction<K, In, Out, S>,
  keySelector: (value: In) => K,
): Operator<In, Out> {
  let scope: FunctionScope<K, Out, S> | undefined;
  return {
    async open(context) {
      scope = openFunctionScope(fn, context);
      await fn.open?.({ subtask: context.subtask, parallelism: context.parallelism });
    },
    processElement(value, timestamp) {
      assert(scope !== undefined, "a record came before open");
      let key: K | undefined;
      try {
        key = keySelector(value);
        scope.enter(key, timestamp);
        fn.processElement(value, scope.context, scope.out);
      } catch (error) {
        throw userFunctionError(error, { context: scope.operatorContext, key });
      }
    },
    onWatermark(watermark) {
      assert(scope !== undefined, "a watermark came before open");
      return scope.timers.onWatermark(watermark);
    },
    onProcessingTime(now) {
      assert(scope !== undefined, "a clock reading came before open");
      return scope.timers.onProcessingTime(now);
    },
    async close() {
      await fn.close?.();
    },
  };
}
