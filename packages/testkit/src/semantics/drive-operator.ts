import type { Operator } from "@millrace/contracts";
import { type Json, NO_TIMESTAMP } from "@millrace/core";
import { createHarness, type HarnessOutput, type HarnessStep, type HarnessTime, type OperatorHarness, steps } from "../harness/index.ts";
import { type CaseElement, type CaseEnd, type CaseResult, type CaseStep, type SemanticsCase, timeFromCase } from "./case.ts";
import { createTraceRecorder, type TraceRecorder } from "./trace.ts";
import type { Variation } from "./variation.ts";

/** How a kind of cases becomes an operator. */
export interface OperatorProgram {
  /** Builds the operator of the case; a throw, also of its `open`, is a refusal to build. Called again for each restore. `time`: of the program. */
  create(trace: TraceRecorder, time: HarnessTime): Operator<unknown, unknown, unknown>;
  /** Default 1. */
  readonly inputs?: 1 | 2;
  /** Default true. */
  readonly keyed?: boolean;
  /** What the operator is fed; default the element as it stands in the case. */
  inputOf?(element: CaseElement, input: 0 | 1): unknown;
  /** What an emitted value looks like in the case; default: as it is. */
  readonly valueToJson?: (value: unknown, side: string | undefined) => Json;
  /** Steps of this kind alone. undefined: none of them. */
  stepOf?(step: CaseStep): readonly HarnessStep[] | undefined;
  /** Steps after the last one, with its `at`. */
  readonly closing?: readonly HarnessStep[];
}

/** Runs a case through an operator, in the harness or as the variation says, and records everything that it emits. */
export async function driveOperator(recorded: SemanticsCase, program: OperatorProgram, variation: Variation): Promise<CaseResult> {
  if (variation.drive !== undefined) return variation.drive(recorded, program);
  const trace = createTraceRecorder(program.valueToJson === undefined ? {} : { valueToJson: program.valueToJson });
  let harness: OperatorHarness<unknown, unknown, unknown>;
  try {
    harness = await openHarness(recorded, program, variation, trace);
  } catch (error) {
    trace.error("build", error);
    return { output: trace.entries };
  }
  const between = async (): Promise<void> => {
    if (variation.restoreHere()) await harness.restart();
  };
  try {
    for (const [at, step] of recorded.input.entries()) {
      trace.step(at);
      for (const harnessStep of harnessSteps(step, program)) await harness.runWith(harnessStep, between);
    }
    for (const step of program.closing ?? []) await harness.runWith(step, between);
    return { output: trace.entries, end: endOf(harness) };
  } catch (error) {
    trace.timerDone();
    trace.error("run", error);
    return { output: trace.entries };
  } finally {
    await harness.close();
  }
}

function openHarness(
  recorded: SemanticsCase,
  program: OperatorProgram,
  variation: Variation,
  trace: TraceRecorder,
): Promise<OperatorHarness<unknown, unknown, unknown>> {
  const clockStart = recorded.spec.clockStart;
  return createHarness<unknown, unknown, unknown>({
    create: (time) => program.create(trace, time),
    inputs: program.inputs ?? 1,
    keyed: program.keyed ?? true,
    backend: variation.backend,
    capacity: variation.capacity,
    clockStart: typeof clockStart === "number" ? clockStart : 0,
    onOutput: (entry) => recordOutput(trace, entry),
    timerObserver: trace,
  });
}

function recordOutput(trace: TraceRecorder, entry: HarnessOutput<unknown>): void {
  switch (entry.kind) {
    case "record":
      trace.record(entry.value, entry.timestamp);
      break;
    case "side":
      trace.side(entry.name, entry.value, entry.timestamp);
      break;
    case "watermark":
      trace.watermark(entry.watermark);
      break;
    case "status":
      trace.status(entry.status);
      break;
  }
}

/** What a step of a case is to its operator. */
export function harnessSteps(step: CaseStep, program: OperatorProgram): readonly HarnessStep[] {
  const own = program.stepOf?.(step);
  if (own !== undefined) return own;
  const input = step.in === 1 ? 1 : 0;
  if (step.e !== undefined) {
    const timestamp = step.ts === null || step.ts === undefined ? NO_TIMESTAMP : timeFromCase(step.ts);
    return [steps.element(program.inputOf === undefined ? step.e : program.inputOf(step.e, input), timestamp, input)];
  }
  if (step.wm !== undefined) return [steps.watermark(timeFromCase(step.wm), input)];
  if (step.status !== undefined) return [steps.status(step.status, input)];
  if (step.pt !== undefined) return [steps.processingTime(step.pt)];
  if (step.finish === true) return [steps.endInput()];
  throw new Error(`unknown step ${JSON.stringify(step)}`);
}

function endOf(harness: OperatorHarness<unknown, unknown, unknown>): CaseEnd {
  const empty = harness.stateEmpty();
  const timers = harness.timerCounts();
  const end = { lateDropped: harness.metrics.lateDropped, eventTimers: timers.event, processingTimers: timers.processing };
  // Flink counts state alone; with timers left, `empty` does not tell whether there is state too.
  return empty === undefined || (!empty && timers.event + timers.processing > 0) ? end : { ...end, stateEmpty: empty };
}
