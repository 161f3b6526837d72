import type { Codec } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { createWindowJoinOperator, type WindowJoinSpec, type WindowOperatorOptions } from "@millrace/operators";
import { steps } from "../harness/index.ts";
import { type CaseResult, type CaseStep, type SemanticsCase, timeFromCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import { atFlinksEnds } from "./ends-of-time.ts";
import type { Variation } from "./variation.ts";
import { type CaseEvent, eventOf, sortedIf } from "./window-functions.ts";
import { assignerOf, eventCodec, evictorOf, type Fields, triggerOf } from "./window-parts.ts";

/** Two keyed inputs that share windows. In the cases they are united before: one watermark for both. `options` as of a window case. */
export async function runWindowJoinCase(recorded: SemanticsCase, variation: Variation, options: WindowOperatorOptions = {}): Promise<CaseResult> {
  const spec = recorded.spec as Fields;
  const result = await driveOperator(
    recorded,
    {
      create: () => createWindowJoinOperator(joinOf(spec), options),
      inputs: 2,
      inputOf: eventOf,
      valueToJson: (value) => value as Json,
      stepOf: ofBoth,
    },
    variation,
  );
  return { ...result, output: result.output.map(atFlinksEnds) };
}

function ofBoth({ wm, status }: CaseStep) {
  if (wm !== undefined) return ([0, 1] as const).map((input) => steps.watermark(timeFromCase(wm), input));
  return status === undefined ? undefined : ([0, 1] as const).map((input) => steps.status(status, input));
}

function joinOf(spec: Fields): WindowJoinSpec {
  const keyOf = (value: unknown): string => (value as CaseEvent).k;
  const codec = eventCodec as Codec<unknown>;
  const sorted = spec.sortIds === true;
  return {
    assigner: assignerOf(spec.assigner as Fields),
    trigger: spec.trigger === undefined ? undefined : triggerOf(spec.trigger as Fields),
    evictor: spec.evictor === undefined ? undefined : evictorOf(spec.evictor as Fields),
    allowedLatenessMs: Number(spec.allowedLateness ?? 0),
    keySelectors: [keyOf, keyOf],
    codecs: [codec, codec],
    lateOutputs: [undefined, undefined],
    unbounded: true,
    apply(left, right, _context, out) {
      const [lefts, rights] = [left as readonly CaseEvent[], right as readonly CaseEvent[]];
      if (spec.mode === "join") {
        for (const l of lefts) for (const r of rights) out.collect({ k: l.k, l: l.id, r: r.id });
        return;
      }
      // As the recorded program did, which has the key from the elements.
      const k = [...lefts, ...rights].at(-1)?.k ?? "";
      out.collect({ k, l: sortedIf(sorted, lefts.map(idOf)), r: sortedIf(sorted, rights.map(idOf)) });
    },
  };
}

function idOf({ id }: CaseEvent): number {
  return id;
}
