import { t } from "@millrace/codec";
import { createIntervalJoinOperator, type IntervalJoinSpec, joinInterval } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

/** Two keyed inputs joined within an interval of time. */
export async function runIntervalJoinCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const { output, end } = await driveOperator(
    recorded,
    { create: () => createIntervalJoinOperator(specOf(recorded)), inputs: 2, valueToJson },
    variation,
  );
  const { lateDropped: _notCounted, ...comparable } = end ?? {};
  // The cases say nothing of the timers that forget records; Flink does not count late ones.
  return { output: output.map(({ et: _timer, ...entry }) => entry), end: comparable };
}

function valueToJson(value: unknown, side: string | undefined) {
  return (side === undefined ? value : { id: (value as CaseElement).id ?? null }) as ReturnType<typeof JSON.parse>;
}

function specOf({ spec }: SemanticsCase): IntervalJoinSpec {
  const keyOf = (element: unknown): string => (element as CaseElement).k ?? "";
  const codec = t.any();
  return {
    kind: "inner",
    ...joinInterval(Number(spec.lower), Number(spec.upper), {
      lowerExclusive: spec.lowerExclusive === true,
      upperExclusive: spec.upperExclusive === true,
    }),
    keySelectors: [keyOf, keyOf],
    codecs: [codec, codec],
    lateOutputs: [spec.lateLeft === true ? "lateLeft" : undefined, spec.lateRight === true ? "lateRight" : undefined],
    join(left, right, context, out) {
      const [l, r] = [(left as CaseElement).id, (right as CaseElement).id];
      out.collect({ k: context.currentKey(), l, r, lts: context.leftTimestamp(), rts: context.rightTimestamp() });
    },
  };
}
