import type { WatermarkStatus } from "@millrace/contracts";

/** What travels between subtasks, in order. */
export type StreamElement = Batch | WatermarkElement | StatusElement | BarrierElement | EndElement;

/** Records with their timestamps, as parallel arrays; made by one sender, read by one receiver, never changed after. */
export interface Batch {
  readonly kind: "batch";
  readonly values: readonly unknown[];
  readonly timestamps: readonly number[];
  /** Watermarks and statuses between the records, in order: a batch is not cut for them. */
  readonly marks: readonly Mark[];
}
/** `at`: the number of records of the batch that go before it. */
export interface Mark {
  readonly at: number;
  readonly element: WatermarkElement | StatusElement;
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
  /** A receiver that has waited so long for the barriers of its other channels takes the checkpoint without them; Infinity: never. */
  readonly alignmentTimeoutMs: number;
  /** The sender did not wait for all its channels: what is under way to it stands in the snapshot, and the receiver need not wait either. */
  readonly unaligned: boolean;
  /** The sender sends nothing more before the checkpoint is given up or the tasks are told to go on. */
  readonly suspends: boolean;
}
/** No record follows, and event time is over. Barriers still follow: an ended sender takes part in checkpoints. */
export interface EndElement {
  readonly kind: "end";
}
