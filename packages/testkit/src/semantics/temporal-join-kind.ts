import { t } from "@millrace/codec";
import { createTemporalJoinOperator, type TemporalJoinSpec } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

/** A keyed stream, and a table whose versions come as a second one. */
export async function runTemporalJoinCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const { output, end } = await driveOperator(recorded, { create: () => createTemporalJoinOperator(specOf(recorded)), inputs: 2 }, variation);
  const { lateDropped: _notCounted, ...comparable } = end ?? {};
  // Flink's operator of the table API emits rows, which have their time in a field.
  return { output: output.map(({ et: _timer, ...entry }) => (entry.v === undefined ? entry : { ...entry, ts: null })), end: comparable };
}

function specOf({ spec }: SemanticsCase): TemporalJoinSpec {
  const keyOf = (element: unknown): string => (element as CaseElement).k ?? "";
  const codec = t.any();
  return {
    outer: spec.outer === true,
    validForMs: Number.POSITIVE_INFINITY,
    isDeletion: (version) => (version as CaseElement).t === "D",
    keySelectors: [keyOf, keyOf],
    codecs: [codec, codec],
    lateOutputs: [undefined, undefined],
    join(left, version, context, out) {
      out.collect({ k: context.currentKey(), l: (left as CaseElement).id, r: (version as CaseElement | undefined)?.id ?? null });
    },
  };
}
