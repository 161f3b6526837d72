import { inspect } from "node:util";
import type { HarnessOutput, HarnessStep } from "../harness/index.ts";

/** An output with the step and, while one fired, the timer that caused it. */
export interface Observation {
  readonly step: number;
  readonly timer: string | undefined;
  readonly output: HarnessOutput<unknown>;
}

/** Where one run differs from another, as a sentence; undefined when they are equal under the rules of order. */
export function differenceOf(steps: readonly HarnessStep[], wanted: readonly Observation[], found: readonly Observation[]): string | undefined {
  const want = runsOf(steps, wanted);
  const got = runsOf(steps, found);
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    if (want[i] !== got[i]) return `wanted ${want[i] ?? "nothing more"}\nfound  ${got[i] ?? "nothing more"}`;
  }
  return undefined;
}

/**
 * One text per run of outputs. Timers of one time fire in an open order over keys and windows, so what they emit one after
 * the other is sorted; everything else stands alone.
 */
function runsOf(steps: readonly HarnessStep[], observations: readonly Observation[]): string[] {
  const runs: { readonly label: string | undefined; readonly step: number; readonly items: string[] }[] = [];
  for (const observation of observations) {
    const label = labelOf(steps, observation);
    const last = runs.at(-1);
    if (label !== undefined && last?.label === label) last.items.push(textOf(observation.output));
    else runs.push({ label, step: observation.step, items: [textOf(observation.output)] });
  }
  return runs.map(({ step, items }) => `step ${step}: ${items.sort().join(" ")}`);
}

function labelOf(steps: readonly HarnessStep[], { step, timer, output }: Observation): string | undefined {
  if (output.kind === "watermark" || output.kind === "status") return undefined;
  if (timer !== undefined) return `${step} ${timer}`;
  // A window that fires whole has no timer of its own; its results have the window's time.
  const kind = steps[step]?.kind;
  return kind === "watermark" || kind === "processingTime" ? `${step} at ${output.timestamp}` : undefined;
}

/** An output as text: equal texts for deeply equal values, NaN, undefined and missing fields told apart. */
function textOf(output: HarnessOutput<unknown>): string {
  return inspect(output, {
    depth: Number.POSITIVE_INFINITY,
    sorted: true,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  });
}

/** As Observation, for outputs that are compared without their causes. */
export function sameOutputs(wanted: readonly HarnessOutput<unknown>[], found: readonly HarnessOutput<unknown>[]): string | undefined {
  const observed = (outputs: readonly HarnessOutput<unknown>[]): Observation[] =>
    outputs.map((output) => ({ step: 0, timer: output.kind === "record" ? `at ${output.timestamp}` : undefined, output }));
  return differenceOf([], observed(wanted), observed(found));
}
