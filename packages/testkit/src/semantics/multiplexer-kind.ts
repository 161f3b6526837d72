import { createMultiplexer, type WatermarkMultiplexer } from "@millrace/operators";
import { type CaseResult, type CaseStep, type SemanticsCase, timeFromCase } from "./case.ts";
import { createTraceRecorder } from "./trace.ts";
import { traceOutput } from "./watermark-generator-kind.ts";

/** The outputs of a source's splits, combined. */
export async function runMultiplexerCase(recorded: SemanticsCase): Promise<CaseResult> {
  const trace = createTraceRecorder();
  const multiplexer = createMultiplexer(traceOutput(trace));
  for (const [at, step] of recorded.input.entries()) {
    trace.step(at);
    doStep(multiplexer, step);
  }
  return { output: trace.entries };
}

function doStep(multiplexer: WatermarkMultiplexer, step: CaseStep): void {
  if (typeof step.register === "string") {
    multiplexer.register(step.register);
  } else if (typeof step.unregister === "string") {
    multiplexer.unregister(step.unregister);
  } else if (step.periodic === true) {
    multiplexer.onPeriodicEmit();
  } else {
    const { immediate, deferred } = multiplexer.outputOf(String(step.out));
    const output = step.mode === "immediate" ? immediate : deferred;
    if (step.wm !== undefined) output.emitWatermark(timeFromCase(step.wm));
    else if (step.status === "idle") output.markIdle();
    else output.markActive();
  }
}
