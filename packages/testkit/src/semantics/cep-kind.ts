import { type AnyMatch, type CepOperatorOptions, type CepSpec, createCepOperator } from "@millrace/cep";
import { t } from "@millrace/codec";
import { outputTag } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { CaseElement, CaseResult, SemanticsCase, TraceEntry } from "./case.ts";
import { type ForgottenCalls, patternOf } from "./cep-pattern.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

const timeout = outputTag<Json>("timeout");
const eventCodec = t.object({ k: t.string(), t: t.string(), v: t.number(), id: t.number() });

/** Flink's way where the engine's is another one. */
export interface CepCaseOptions extends CepOperatorOptions, ForgottenCalls {}

/** Runs a case of event patterns. `options` chooses Flink's way where the engine's is another one. */
export async function runCepCase(recorded: SemanticsCase, variation: Variation, options: CepCaseOptions = {}): Promise<CaseResult> {
  const result = await driveOperator(
    recorded,
    {
      create: () => createCepOperator(specOf(recorded, options), options),
      valueToJson: (value, side) => (side === "late" ? { id: (value as CaseElement).id ?? null } : (value as Json)),
    },
    variation,
  );
  return { ...result, output: result.output.map(asFlinkSays) };
}

function specOf({ spec }: SemanticsCase, forgotten: ForgottenCalls): CepSpec {
  const byValue = (a: unknown, b: unknown): number => Number((a as CaseElement).v) - Number((b as CaseElement).v);
  return {
    pattern: patternOf(spec, forgotten).definition,
    keySelector: (element) => (element as CaseElement).k ?? "",
    codec: eventCodec,
    time: spec.time === "processing" ? "processing" : "event",
    comparator: spec.comparator === undefined ? undefined : byValue,
    lateOutput: spec.lateOutput === true ? "late" : undefined,
    function: {
      sideOutputs: [timeout],
      processMatch: (match, _context, out) => out.collect(matchToJson(match)),
      ...(spec.timeouts === true ? { processTimedOutMatch: (match, context) => context.output(timeout, matchToJson(match)) } : {}),
    },
  };
}

/** Names without events are left out, as in Flink. */
function matchToJson(match: AnyMatch): Json {
  const names = Object.entries(match).filter(([, events]) => events.length > 0) as [string, CaseElement[]][];
  const ids = names.map(([name, events]) => [name, events.map((event) => event.id ?? null)] as const);
  return { k: names[0]?.[1][0]?.k ?? null, m: Object.fromEntries(ids) };
}

/** The cases say nothing of the timers of patterns; what has no timestamp has none in side outputs either. */
function asFlinkSays({ et: _eventTime, pt: _processingTime, ...entry }: TraceEntry): TraceEntry {
  return entry.side === "timeout" && entry.ts === "min" ? { ...entry, ts: null } : entry;
}
