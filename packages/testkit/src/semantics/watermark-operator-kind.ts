import type { Operator } from "@millrace/contracts";
import { createWatermarksOperator } from "@millrace/operators";
import { steps } from "../harness/index.ts";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";
import { caseStrategy } from "./watermark-strategy.ts";

/** assignTimestampsAndWatermarks, asked for watermarks by the clock as Flink does. */
export function runWatermarkOperatorCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const intervalMs = Number(recorded.spec.autoWatermarkInterval);
  return driveOperator(
    recorded,
    {
      keyed: false,
      create: () =>
        createWatermarksOperator(caseStrategy(recorded.spec), { everyRecords: 0, intervalMs, quietMs: 0 }) as Operator<unknown, unknown, unknown>,
      valueToJson(value) {
        const element = value as CaseElement;
        return { k: element.k ?? "", v: element.v ?? 0, ids: [element.id ?? 0] };
      },
      // Flink's test harness ends the input when it is closed.
      closing: [steps.endInput()],
    },
    variation,
  );
}
