import { type Codec, t } from "@millrace/codec";
import type { Cells, Key, Operator, OperatorContext, ReduceFunction } from "@millrace/contracts";
import { assert, returned, WATERMARK_MAX } from "@millrace/core";
import { REDUCE_STATE } from "./reduce-operator.ts";
import { userFunctionError } from "./user-error.ts";

interface Reduced<V> {
  readonly value: V;
  /** Of the key's last record. */
  readonly timestamp: number;
}

/** All keys stand in one namespace. */
const ALL = 0;

/**
 * The reduce of batch execution: one result per key, its last, with the timestamp of the record that gave it, when the input
 * has ended (Flink's BatchGroupedReduceOperator).
 */
export function createFinalReduceOperator<K extends Key, V>(
  reduce: ReduceFunction<V>,
  codec: Codec<V>,
  keySelector: (value: V) => K,
): Operator<V, V> {
  const reducedCodec: Codec<Reduced<V>> = t.object({ value: codec, timestamp: t.number() });
  let opened: { readonly context: OperatorContext<V>; readonly cells: Cells<Reduced<V>> } | undefined;
  let ended = false;
  return {
    open(context) {
      opened = { context, cells: context.keyed.cells<number, Reduced<V>>(REDUCE_STATE, reducedCodec, t.number()).of(ALL) };
    },
    processElement(value, timestamp) {
      assert(opened !== undefined, "a record came before open");
      const { context, cells } = opened;
      let key: K | undefined;
      try {
        key = keySelector(value);
        context.keyed.setCurrentKey(key);
        // As in the running reduce, a value that was given up with undefined begins anew.
        const held = cells.get()?.value;
        cells.put({ value: held === undefined ? value : returned(reduce(held, value)), timestamp });
      } catch (error) {
        throw userFunctionError(error, { context, key });
      }
    },
    endInput() {
      ended = true;
    },
    onWatermark(watermark) {
      assert(opened !== undefined, "a watermark came before open");
      // Event time may be over before the input, as where one source has ended while another is idle; the end tells it again.
      if (watermark !== WATERMARK_MAX || !ended) return true;
      const { context, cells } = opened;
      return cells.drain(({ value, timestamp }) => {
        context.output.collect(value, timestamp);
        return !context.shouldYield();
      });
    },
  };
}
