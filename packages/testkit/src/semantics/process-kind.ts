import type { KeyedProcessFunction, Operator } from "@millrace/contracts";
import { createKeyedProcessOperator } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import { createProcessMachine, machineState, sideTag } from "./process-machine.ts";
import type { Variation } from "./variation.ts";

/** A keyed process function whose elements carry the operations to do: timers, state, side output. */
export function runProcessCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const create = (): Operator<unknown, unknown, unknown> =>
    createKeyedProcessOperator(programOf(recorded), (element) => element.k ?? "") as Operator<unknown, unknown, unknown>;
  return driveOperator(recorded, { create }, variation);
}

function programOf({ spec }: SemanticsCase): KeyedProcessFunction<string, CaseElement, object, typeof machineState> {
  const machine = createProcessMachine(spec);
  return {
    state: machineState,
    sideOutputs: [sideTag],
    processElement(element, context, out) {
      out.collect(machine.seen(element, context));
      machine.operate(element, context);
    },
    onTimer(timestamp, context, out) {
      out.collect(machine.timed(context));
      machine.followRules(timestamp, context);
    },
  };
}
