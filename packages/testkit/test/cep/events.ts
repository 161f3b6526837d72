import { type AnyMatch, type CepSpec, createCepOperator, type PatternDefinition } from "@millrace/cep";
import { t } from "@millrace/codec";
import { outputTag } from "@millrace/contracts";
import { type HarnessOutput, type HarnessStep, steps } from "../../src/harness/index.ts";

/** An event of a key: a letter to ask for, and a number to compare. */
export interface Event {
  readonly key: string;
  readonly letter: string;
  readonly value: number;
  /** In the order of coming. */
  readonly id: number;
  readonly at: number;
}

export const eventCodec = t.object({ key: t.string(), letter: t.string(), value: t.integer(), id: t.integer(), at: t.integer() });
export const timedOut = outputTag<string>("timed-out");

/** An operator that emits matches as texts: `a first=0,1 second=4`; timed-out partial matches go to a side output. */
export function specOf(pattern: { readonly definition: PatternDefinition }, changes: Partial<CepSpec> = {}): CepSpec {
  return {
    pattern: pattern.definition,
    keySelector: (event) => (event as Event).key,
    codec: eventCodec as CepSpec["codec"],
    time: "event",
    comparator: undefined,
    lateOutput: "late",
    function: {
      sideOutputs: [timedOut],
      processMatch: (match, context, out) => out.collect(`${String(context.currentKey())} ${matchText(match)}`),
      processTimedOutMatch: (match, context) => context.output(timedOut, `${String(context.currentKey())} ${matchText(match)}`),
    },
    ...changes,
  };
}

export const create =
  (pattern: { readonly definition: PatternDefinition }, changes: Partial<CepSpec> = {}) =>
  () =>
    createCepOperator(specOf(pattern, changes));

export function matchText(match: AnyMatch): string {
  return Object.entries(match)
    .filter(([, events]) => events.length > 0)
    .map(([name, events]) => `${name}=${events.map((event) => (event as Event).id).join(",")}`)
    .join(" ");
}

/** Events by letter, each a time unit after the other, all of one key: `lettered("aab")`. */
export function lettered(letters: string, key = "k"): Event[] {
  return [...letters].map((letter, id) => ({ key, letter, value: id, id, at: id }));
}

export function stepsOf(events: readonly Event[]): HarnessStep[] {
  return events.map((event) => steps.element(event, event.at));
}

/** What came out, as `time text`; side outputs with their name. */
export function texts(outputs: readonly HarnessOutput<unknown>[]): string[] {
  return outputs.flatMap((output) => {
    if (output.kind === "record") return [`${output.timestamp} ${String(output.value)}`];
    return output.kind === "side" ? [`${output.timestamp} ${output.name} ${typeof output.value === "string" ? output.value : "event"}`] : [];
  });
}
