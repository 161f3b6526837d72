import type { WatermarkStatus } from "@millrace/contracts";

/** What travels between subtasks, in order. */
export type StreamElement = Batch | WatermarkElement | StatusElement | BarrierElement | EndElement;

/** Records with their timestamps, as parallel arrays; made by one sender, read by one receiver, never changed after. */
export interface Batch {
  readonly kind: "batch";
  readonly values: readonly unknown[];
  readonly timestamps: readonly number[];
}
export interface WatermarkElement {
  readonly kind: "watermark";
  readonly watermark: number;
}
export interface StatusElement {
  readonly kind: "status";
  readonly status: WatermarkStatus;
}
export interface BarrierElement {
  readonly kind: "barrier";
  readonly checkpointId: number;
}
/** No record follows, and event time is over. Barriers still follow: an ended sender takes part in checkpoints. */
export interface EndElement {
  readonly kind: "end";
}
