import type { WatermarkStrategy } from "@millrace/contracts";
import { WatermarkStrategies } from "@millrace/operators";
import { type CaseElement, type SemanticsCase, timeFromCase } from "./case.ts";

/** The strategy that a case names. */
export function caseStrategy(spec: SemanticsCase["spec"]): WatermarkStrategy<CaseElement> {
  const timestampOf = spec.timestamps === "value" ? (element: CaseElement): number => timeFromCase(element.v ?? 0) : undefined;
  const strategy =
    spec.strategy === "monotonous"
      ? WatermarkStrategies.monotonousTimestamps(timestampOf)
      : WatermarkStrategies.boundedOutOfOrderness(Number(spec.bound), timestampOf);
  return spec.idleness === undefined ? strategy : strategy.withIdleness(Number(spec.idleness));
}
