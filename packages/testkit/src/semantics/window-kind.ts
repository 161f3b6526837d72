import type { Operator } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import { createWindowOperator, type WindowOperatorOptions, type WindowSpec, windowStates } from "@millrace/operators";
import type { CaseElement, CaseResult, SemanticsCase, TraceEntry } from "./case.ts";
import { driveOperator, type OperatorProgram } from "./drive-operator.ts";
import { atFlinksEnds } from "./ends-of-time.ts";
import { toCaseJson } from "./trace.ts";
import type { Variation } from "./variation.ts";
import { type CaseEvent, eventOf, sortedIf, windowFunction } from "./window-functions.ts";
import { assignerOf, evictorOf, type Fields, triggerOf } from "./window-parts.ts";

/** Runs a case of keyed windows. `options` chooses among implementations that must give the same. */
export async function runWindowCase(recorded: SemanticsCase, variation: Variation, options: WindowOperatorOptions = {}): Promise<CaseResult> {
  const spec = recorded.spec as Fields;
  let windowSpec: WindowSpec | undefined;
  const program: OperatorProgram = {
    create() {
      windowSpec = windowSpecOf(spec);
      return createWindowOperator(windowSpec, options) as Operator<unknown, unknown, unknown>;
    },
    inputOf: eventOf,
    valueToJson: (value, side) => valueToJson(value, side, spec),
  };
  const result = await driveOperator(recorded, program, variation);
  const byClock = windowSpec !== undefined && firesWholeByClock(windowSpec);
  const domainAt = (at: number): "et" | "pt" | undefined => (byClock ? "pt" : recorded.input[at]?.wm === undefined ? undefined : "et");
  return { ...result, output: result.output.map((entry) => asFlinkSays(entry, domainAt(entry.at ?? -1))) };
}

function windowSpecOf(spec: Fields): WindowSpec {
  const lateness = spec.allowedLateness ?? 0;
  return {
    assigner: assignerOf(spec.assigner as Fields),
    trigger: spec.trigger === undefined ? undefined : triggerOf(spec.trigger as Fields),
    evictor: spec.evictor === undefined ? undefined : evictorOf(spec.evictor as Fields),
    allowedLatenessMs: lateness === "max" ? Number.POSITIVE_INFINITY : Number(lateness),
    lateOutput: spec.lateOutput === true ? "late" : undefined,
    keySelector: (value) => (value as CaseEvent).k,
    ...windowFunction(spec),
  };
}

function valueToJson(value: unknown, side: string | undefined, spec: Fields): Json {
  if (side === "late") return { id: (value as CaseElement).id ?? null };
  if (spec.function === "reduce" && value !== null && value !== undefined) {
    const event = value as CaseEvent;
    return { k: event.k, v: event.v, ids: sortedIf(spec.sortIds === true, event.ids) };
  }
  return toCaseJson(value);
}

function firesWholeByClock(spec: WindowSpec): boolean {
  return spec.assigner.time === "processing" && "accumulators" in windowStates(spec);
}

/**
 * Windows that fire whole have no timers to observe; theirs would have had the time that their results have as timestamp.
 * `domain`: of the timers that could have fired without being observed.
 */
function asFlinkSays(entry: TraceEntry, domain: "et" | "pt" | undefined): TraceEntry {
  const observed = entry.et !== undefined || entry.pt !== undefined;
  const named = domain !== undefined && !observed && typeof entry.ts === "number" ? { ...entry, [domain]: entry.ts } : entry;
  return atFlinksEnds(named);
}
