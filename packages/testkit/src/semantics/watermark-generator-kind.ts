import type { WatermarkGenerator, WatermarkOutput } from "@millrace/contracts";
import { withIdlenessTimer } from "@millrace/operators";
import { type CaseResult, type SemanticsCase, timeFromCase } from "./case.ts";
import { createTraceRecorder, type TraceRecorder } from "./trace.ts";
import type { Variation } from "./variation.ts";
import { caseStrategy } from "./watermark-strategy.ts";

/** The bare generator: its raw calls are recorded, repeated and falling watermarks too. */
export async function runWatermarkGeneratorCase(recorded: SemanticsCase, variation: Variation): Promise<CaseResult> {
  const trace = createTraceRecorder();
  const output = traceOutput(trace);
  let clock = Number(recorded.spec.clockStart);
  /** The generator that is called comes last; what it is made of is restored for itself. */
  const create = (): readonly [WatermarkGenerator<unknown>, ...WatermarkGenerator<unknown>[]] => {
    const strategy = caseStrategy(recorded.spec);
    const base = strategy.createGenerator();
    return strategy.idlenessMs === undefined ? [base] : [base, withIdlenessTimer(base, strategy.idlenessMs, () => clock)];
  };
  let parts = create();
  for (const [at, step] of recorded.input.entries()) {
    trace.step(at);
    const generator = parts.at(-1) as WatermarkGenerator<unknown>;
    if (typeof step.ts === "number" || typeof step.ts === "string") generator.onEvent({}, timeFromCase(step.ts), output);
    else if (step.pt !== undefined) clock = step.pt;
    else generator.onPeriodicEmit(output);
    if (variation.restoreHere()) {
      const states = parts.map((part) => part.snapshot());
      parts = create();
      for (const [index, part] of parts.entries()) part.restore(states[index] ?? []);
    }
  }
  return { output: trace.entries };
}

/** A watermark output that records every call. */
export function traceOutput(trace: TraceRecorder): WatermarkOutput {
  return {
    emitWatermark: (watermark) => trace.watermark(watermark),
    markIdle: () => trace.status("idle"),
    markActive: () => trace.status("active"),
  };
}
