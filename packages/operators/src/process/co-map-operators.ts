import type { Operator, OperatorContext } from "@millrace/contracts";
import { assert, returned } from "@millrace/core";
import { userFunctionError } from "./user-error.ts";

/** One function for each of two connected inputs, each giving one record for one (Flink's CoStreamMap). */
export function createCoMapOperator<In1, In2, Out>(first: (value: In1) => Out, second: (value: In2) => Out): Operator<In1, Out, In2> {
  return perRecord<In1, In2, Out>(
    (value, emit) => emit(returned(first(value))),
    (value, emit) => emit(returned(second(value))),
  );
}

/** As createCoMapOperator, with any number of records for one (Flink's CoStreamFlatMap). */
export function createCoFlatMapOperator<In1, In2, Out>(
  first: (value: In1) => Iterable<Out>,
  second: (value: In2) => Iterable<Out>,
): Operator<In1, Out, In2> {
  return perRecord<In1, In2, Out>(
    (value, emit) => {
      for (const result of returned(first(value))) emit(result);
    },
    (value, emit) => {
      for (const result of returned(second(value))) emit(result);
    },
  );
}

/** Takes one record of one input. */
type Take<In, Out> = (value: In, emit: (result: Out) => void) => void;

function perRecord<In1, In2, Out>(first: Take<In1, Out>, second: Take<In2, Out>): Operator<In1, Out, In2> {
  let context: OperatorContext<Out> | undefined;
  let timestamp = 0;
  const emit = (result: Out): void => context?.output.collect(result, timestamp);
  const run = <In>(take: Take<In, Out>, value: In, at: number): void => {
    assert(context !== undefined, "a record came before open");
    timestamp = at;
    try {
      take(value, emit);
    } catch (error) {
      throw userFunctionError(error, { context, key: undefined });
    }
  };
  return {
    open(opened) {
      context = opened;
    },
    processElement: (value, at) => run(first, value, at),
    processElement2: (value, at) => run(second, value, at),
  };
}
