import type { KeyedCoProcessFunction, Operator } from "@millrace/contracts";
import { createKeyedCoProcessOperator } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import { createProcessMachine, machineState, sideTag } from "./process-machine.ts";
import type { Variation } from "./variation.ts";

/** The program of the kind process on two connected keyed inputs, with their common watermark. */
export function runCoProcessCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const keyOf = (element: CaseElement): string => element.k ?? "";
  const create = (): Operator<unknown, unknown, unknown> =>
    createKeyedCoProcessOperator(programOf(recorded), keyOf, keyOf) as Operator<unknown, unknown, unknown>;
  return driveOperator(recorded, { create, inputs: 2 }, variation);
}

function programOf({ spec }: SemanticsCase): KeyedCoProcessFunction<string, CaseElement, CaseElement, object, typeof machineState> {
  const machine = createProcessMachine(spec);
  return {
    state: machineState,
    sideOutputs: [sideTag],
    processElement1(element, context, out) {
      out.collect({ ...machine.seen(element, context), in: 0 });
      machine.operate(element, context);
    },
    processElement2(element, context, out) {
      out.collect({ ...machine.seen(element, context), in: 1 });
      machine.operate(element, context);
    },
    onTimer(timestamp, context, out) {
      out.collect(machine.timed(context));
      machine.followRules(timestamp, context);
    },
  };
}
