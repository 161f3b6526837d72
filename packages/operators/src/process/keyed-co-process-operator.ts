import type { Key, KeyedCoProcessFunction, Operator, StateDeclarations } from "@millrace/contracts";
import { KeyedFunctionRunner } from "./keyed-function.ts";

/** Runs a KeyedCoProcessFunction on two connected keyed inputs that share state and timers (Flink's KeyedCoProcessOperator). */
export function createKeyedCoProcessOperator<K extends Key, In1, In2, Out, S extends StateDeclarations = Record<never, never>>(
  fn: KeyedCoProcessFunction<K, In1, In2, Out, S>,
  keySelector1: (value: In1) => K,
  keySelector2: (value: In2) => K,
): Operator<In1, Out, In2> {
  const runner = new KeyedFunctionRunner<K, Out, S>(fn);
  const process1: typeof fn.processElement1 = (value, context, out) => fn.processElement1(value, context, out);
  const process2: typeof fn.processElement2 = (value, context, out) => fn.processElement2(value, context, out);
  return {
    open: (context) => runner.open(context),
    processElement: (value, timestamp) => runner.run(value, timestamp, keySelector1, process1),
    processElement2: (value, timestamp) => runner.run(value, timestamp, keySelector2, process2),
    onWatermark: (watermark) => runner.onWatermark(watermark),
    onProcessingTime: (now) => runner.onProcessingTime(now),
    close: () => runner.close(),
  };
}
