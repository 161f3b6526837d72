import type { Codec } from "@millrace/codec";
import { type Key, type Operator, type OperatorContext, type ReduceFunction, state, type ValueState } from "@millrace/contracts";
import { assert, returned } from "@millrace/core";
import { userFunctionError } from "./user-error.ts";

/** The name of the reduced value in the operator's state. */
export const REDUCE_STATE = "reduced";

/**
 * A running reduce per key: the first value of a key is kept and emitted as it is, each further one is folded into it and
 * the result emitted with the timestamp of the record (Flink's StreamGroupedReduceOperator).
 */
export function createReduceOperator<K extends Key, V>(reduce: ReduceFunction<V>, codec: Codec<V>, keySelector: (value: V) => K): Operator<V, V> {
  let opened: { readonly context: OperatorContext<V>; readonly reduced: ValueState<V> } | undefined;
  return {
    open(context) {
      opened = { context, reduced: context.keyed.states({ [REDUCE_STATE]: state.value(codec) })[REDUCE_STATE] };
    },
    processElement(value, timestamp) {
      assert(opened !== undefined, "a record came before open");
      const { context, reduced } = opened;
      let key: K | undefined;
      try {
        key = keySelector(value);
        context.keyed.setCurrentKey(key);
        const previous = reduced.value();
        const next = previous === undefined ? value : returned(reduce(previous, value));
        reduced.update(next);
        context.output.collect(next, timestamp);
      } catch (error) {
        throw userFunctionError(error, { context, key });
      }
    },
  };
}
