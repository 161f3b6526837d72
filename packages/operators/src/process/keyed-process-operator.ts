import type { Key, KeyedProcessFunction, Operator, StateDeclarations } from "@millrace/contracts";
import { KeyedFunctionRunner } from "./keyed-function.ts";

/** Runs a KeyedProcessFunction: state, timers and side outputs of one key at a time (Flink's KeyedProcessOperator). */
export function createKeyedProcessOperator<K extends Key, In, Out, S extends StateDeclarations = Record<never, never>>(
  fn: KeyedProcessFunction<K, In, Out, S>,
  keySelector: (value: In) => K,
): Operator<In, Out> {
  const runner = new KeyedFunctionRunner<K, Out, S>(fn);
  const process: typeof fn.processElement = (value, context, out) => fn.processElement(value, context, out);
  return {
    open: (context) => runner.open(context),
    processElement: (value, timestamp) => runner.run(value, timestamp, keySelector, process),
    onWatermark: (watermark) => runner.onWatermark(watermark),
    onProcessingTime: (now) => runner.onProcessingTime(now),
    close: () => runner.close(),
  };
}
