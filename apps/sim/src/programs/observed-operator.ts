import { createTraceRecorder, type HarnessTime, type OperatorProgram, observeKeyed, type TraceEntry, type TraceRecorder } from "@millrace/testkit";
import type { Operator, OperatorContext } from "millrace";
import type { Conductor } from "./conductor.ts";
import type { Element } from "./scripted-source.ts";

export interface Observation {
  readonly conductor: Conductor;
  /** The output is full after so many records of one call. */
  readonly capacity: number;
  /** Asked before each call; may throw, as a function of the user's would. */
  passed(): void;
}

/** Programs whose functions take time run bare only. */
const noTime: HarnessTime = { now: () => 0, after: () => () => undefined };

/**
 * The program's very operator, whose records say which step and which timer made them. Its timers fire while the clock shows
 * their time, as those of Flink's harness do, which made the records; a task's fire when it is over.
 */
export function observedOperator(program: OperatorProgram, observation: Observation): Operator<Element, TraceEntry, Element> {
  const { conductor } = observation;
  const trace = createTraceRecorder(program.valueToJson === undefined ? {} : { valueToJson: program.valueToJson });
  const inner = program.create(trace, noTime);
  let emitted = 0;
  const startCall = (at: number): void => {
    observation.passed();
    emitted = 0;
    trace.step(at);
  };
  const element = ({ index, value }: Element): unknown => {
    startCall(conductor.script.mayCrowd ? (conductor.script.steps[index]?.at ?? 0) : conductor.at);
    return value;
  };
  return {
    open: (context) =>
      inner.open?.(
        observedContext(
          context,
          trace,
          () => ++emitted,
          () => emitted >= observation.capacity,
        ),
      ),
    processElement: (value, timestamp) => inner.processElement(element(value), timestamp),
    processElement2: (value, timestamp) => inner.processElement2?.(element(value), timestamp),
    onWatermark(watermark) {
      startCall(stepOfWatermark(conductor, watermark));
      return inner.onWatermark?.(watermark) ?? true;
    },
    onProcessingTime(now) {
      startCall(conductor.at);
      return inner.onProcessingTime?.(now + 1) ?? true;
    },
    onStatus: (status) => inner.onStatus?.(status),
    ownsWatermarks: inner.ownsWatermarks === true,
    endInput() {
      startCall(conductor.at);
      inner.endInput?.();
    },
    snapshotState: () => inner.snapshotState?.() ?? [],
    restoreState: (items) => inner.restoreState?.(items),
    close: () => inner.close?.(),
  };
}

/** The case's step that brought the watermark: several may be under way. */
export function stepOfWatermark({ script, at }: Conductor, watermark: number): number {
  if (!script.mayCrowd) return at;
  return script.steps.find(({ step }) => step.kind === "watermark" && step.watermark === watermark)?.at ?? at;
}

function observedContext(
  context: OperatorContext<TraceEntry>,
  trace: TraceRecorder,
  emits: () => void,
  isFull: () => boolean,
): OperatorContext<unknown> {
  let keyed: OperatorContext<unknown>["keyed"] | undefined;
  const last = (): TraceEntry => {
    emits();
    return trace.entries.at(-1) ?? {};
  };
  const { output } = context;
  return {
    uid: context.uid,
    subtask: context.subtask,
    parallelism: context.parallelism,
    metrics: context.metrics,
    mailbox: context.mailbox,
    output: {
      collect(value, timestamp) {
        trace.record(value, timestamp);
        output.collect(last(), timestamp);
      },
      side(name, value, timestamp) {
        trace.side(name, value, timestamp);
        output.side(name, last(), timestamp);
      },
      watermark: (watermark) => output.watermark(watermark),
      status: (status) => output.status(status),
    },
    now: () => context.now(),
    activeNow: () => context.activeNow(),
    currentWatermark: () => context.currentWatermark(),
    wakeAt: (time) => context.wakeAt(time - 1),
    shouldYield: () => isFull() || context.shouldYield(),
    position: () => context.position(),
    hold: () => context.hold(),
    release: () => context.release(),
    get keyed() {
      keyed ??= observeKeyed(context.keyed, trace).context;
      return keyed;
    },
  };
}
