import { createValve } from "@millrace/operators";
import { type CaseResult, type SemanticsCase, timeFromCase } from "./case.ts";
import { createTraceRecorder } from "./trace.ts";

/** Watermarks and statuses of several channels, merged as at the input of a task. */
export async function runValveCase(recorded: SemanticsCase): Promise<CaseResult> {
  const trace = createTraceRecorder();
  const valve = createValve(Number(recorded.spec.inputs), {
    onWatermark: (watermark) => trace.watermark(watermark),
    onStatus: (status) => trace.status(status),
  });
  for (const [at, step] of recorded.input.entries()) {
    trace.step(at);
    if (step.wm !== undefined) valve.inputWatermark(step.in ?? 0, timeFromCase(step.wm));
    else if (step.status !== undefined) valve.inputStatus(step.in ?? 0, step.status);
  }
  return { output: trace.entries };
}
