import type { Key, KeyedCoProcessFunction, Operator, StateDeclarations } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type FunctionScope, openFunctionScope } from "./function-scope.ts";
import { userFunctionError } from "./user-error.ts";

/** Runs a KeyedCoProcessFunction on two connected keyed inputs that share state and timers (Flink's KeyedCoProcessOperator). */
export function createKeyedCoProcessOperator<K extends Key, In1, In2, Out, S extends StateDeclarations = Record<never, never>>(
  fn: KeyedCoProcessFunction<K, In1, In2, Out, S>,
  keySelector1: (value: In1) => K,
  keySelector2: (value: In2) => K,
): Operator<In1, Out, In2> {
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
        key = keySelector1(value);
        scope.enter(key, timestamp);
        fn.processElement1(value, scope.context, scope.out);
      } catch (error) {
        throw userFunctionError(error, { context: scope.operatorContext, key });
      }
    },
    processElement2(value, timestamp) {
      assert(scope !== undefined, "a record came before open");
      let key: K | undefined;
      try {
        key = keySelector2(value);
        scope.enter(key, timestamp);
        fn.processElement2(value, scope.context, scope.out);
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
