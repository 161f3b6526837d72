import type { Json } from "@millrace/core";
import type { BarrierElement } from "../channel/element.ts";

/**
 * Where a task's records come from: a source reader, or channels from other tasks. `step` does one bounded piece of
 * work and leaves no record behind that is not dealt with or still in the input.
 */
export interface TaskInput {
  /**
   * "progress": call again. "waiting": nothing now, the task will be woken. "barrier": a checkpoint is due now. The end is an event of the
   * chain's flow; barriers of channels still come behind it.
   * `settle` carries on what has come to the head of the chain; true: the step may go on with records.
   */
  step(settle: () => boolean): InputStep;
  /** State of a source for the snapshot: splits. Undefined for channels. */
  snapshot(): readonly Json[] | undefined;
  /** What the chain has been given last. */
  readonly watermark: number;
  /** For errors: where the record in hand came from, or what tells it from others; `index`: its place in the batch in hand, where one is known. */
  position(index?: number): string | undefined;
  close(): Promise<void>;
}

export type InputStep = { readonly kind: "progress" | "waiting" } | { readonly kind: "barrier"; readonly barrier: BarrierElement };

export const progress: InputStep = { kind: "progress" };
export const waiting: InputStep = { kind: "waiting" };
