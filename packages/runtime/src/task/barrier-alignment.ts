import { assert, type Cancel, type Scheduler } from "@millrace/core";
import type { BarrierElement } from "../channel/element.ts";
import { InFlightRecorder, type OvertakenBytes } from "./in-flight.ts";

export interface BarrierAlignmentOptions {
  /** For each channel: a barrier may overtake what waits in it. */
  readonly overtakable: readonly boolean[];
  /** Wait for the barriers of all channels; else records behind a barrier are processed meanwhile, and again after a restore. */
  readonly exactlyOnce: boolean;
  readonly scheduler: Scheduler;
  /** A checkpoint waits no longer: it is to be overtaken. */
  readonly wake: () => void;
}

/** A checkpoint taken before all barriers have been read. */
export interface Overtaking {
  readonly barrier: BarrierElement;
  /** Settles when the barriers of all channels have come in; undefined: given up. */
  readonly inFlight: Promise<readonly OvertakenBytes[] | undefined>;
}

/**
 * The barriers of one checkpoint on their way through the channels of a gate, of which there is one at a time. A channel whose
 * barrier was read waits until those of the same checkpoint have been read from all others (aligned, law C1). When that takes
 * longer than the barrier's timeout, or a sender did not wait either, the checkpoint is due at once: what is still in the
 * channels becomes part of it.
 */
export class BarrierAlignment {
  readonly #options: BarrierAlignmentOptions;
  /** For each channel the checkpoint whose barrier was read from it and waits for the others; 0 when none does. */
  readonly #read: number[];
  /** For each channel the newest checkpoint whose barrier has come in, read or not. */
  readonly #arrived: number[];
  /** Of the checkpoint whose first barrier has come in. */
  #current: BarrierElement | undefined;
  #patienceOver = false;
  #cancelPatience: Cancel | undefined;
  /** Until all has come in: what it holds may be as much as the channels do. */
  #recorder: InFlightRecorder | undefined;
  /** Barriers of this checkpoint and older ones are let through without effect: it was taken, or given up. */
  #settled = 0;

  constructor(options: BarrierAlignmentOptions) {
    this.#options = options;
    this.#read = options.overtakable.map(() => 0);
    this.#arrived = options.overtakable.map(() => 0);
  }

  /** The channel's barrier was read, and what is behind it waits for those of the others. */
  holds(channel: number): boolean {
    return this.#read[channel] !== 0 && this.#options.exactlyOnce;
  }

  /** A barrier has come in, before anybody can read it. False: nobody needs to. */
  arrived(channel: number, barrier: BarrierElement): boolean {
    const { checkpointId } = barrier;
    this.#arrived[channel] = checkpointId;
    if (this.#recorder?.checkpointId === checkpointId && this.#recorder.barrier(channel)) this.#recorder = undefined;
    if (checkpointId <= this.#settled) return false;
    this.#begin(barrier);
    if (barrier.unaligned && this.#options.exactlyOnce) this.#loseIt();
    return true;
  }

  /** Anything else has come in; see `Arrivals`. */
  otherArrived(channel: number, encoded: () => Uint8Array): void {
    this.#recorder?.arrived(channel, encoded);
  }

  /** A barrier was read. The checkpoint is due when it was the last one: its barrier for those behind is returned. */
  read(channel: number, barrier: BarrierElement): BarrierElement | undefined {
    const { checkpointId } = barrier;
    if (checkpointId <= this.#settled) return undefined;
    this.#begin(barrier);
    this.#read[channel] = checkpointId;
    if (this.#read.some((id) => id !== checkpointId)) return undefined;
    const suspends = this.#current?.suspends === true;
    this.#settled = checkpointId;
    this.#release();
    return { ...barrier, suspends };
  }

  /**
   * A checkpoint that waits no longer, when there is one; it is to be taken now, wherever the task stands. `overtaken`: what has
   * not been processed, each channel up to its barrier; `isRead` are those whose barrier was read.
   */
  overtake(overtaken: (checkpointId: number, isRead: (channel: number) => boolean) => readonly OvertakenBytes[]): Overtaking | undefined {
    const barrier = this.#current;
    if (barrier === undefined || !this.#patienceOver) return undefined;
    const { checkpointId } = barrier;
    const isRead = (channel: number): boolean => this.#read[channel] === checkpointId;
    const isHeld = this.#options.overtakable.some((may, channel) => !may && !isRead(channel));
    if (isHeld) return undefined;
    const open = new Set(this.#arrived.flatMap((arrived, channel) => (arrived === checkpointId ? [] : [channel])));
    const recorder = new InFlightRecorder(checkpointId, overtaken(checkpointId, isRead), open);
    this.#settled = checkpointId;
    this.#release();
    if (open.size > 0) this.#recorder = recorder;
    // Senders may still need room here, to come to their own barriers.
    return { barrier: { ...barrier, unaligned: true, suspends: false }, inFlight: recorder.complete };
  }

  /** The checkpoint will not happen: channels that wait for it are read again, late barriers of it are ignored. */
  abort(checkpointId: number): void {
    this.#settled = Math.max(this.#settled, checkpointId);
    if (this.#recorder !== undefined && this.#recorder.checkpointId <= checkpointId) this.#stopRecording();
    if (this.#current !== undefined && this.#current.checkpointId <= checkpointId) this.#release();
  }

  close(): void {
    this.#cancelPatience?.();
    this.#stopRecording();
  }

  /** The first barrier of a checkpoint. One that is still being waited for was given up: there is one at a time. */
  #begin(barrier: BarrierElement): void {
    const current = this.#current?.checkpointId ?? 0;
    if (current === barrier.checkpointId) {
      // A sender that goes on may need room here.
      if (!barrier.suspends) this.#current = { ...barrier, suspends: false };
      return;
    }
    assert(current < barrier.checkpointId, `barrier ${barrier.checkpointId} after barrier ${current}`);
    this.#stopRecording();
    this.#release();
    // Word of that comes another way, and may be slower than barriers; those of it that are still under way are late.
    this.#settled = Math.max(this.#settled, barrier.checkpointId - 1);
    this.#current = barrier;
    const { exactlyOnce, scheduler } = this.#options;
    const { alignmentTimeoutMs } = barrier;
    if (!exactlyOnce || alignmentTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#cancelPatience = scheduler.after(alignmentTimeoutMs, () => this.#loseIt());
  }

  #loseIt(): void {
    this.#patienceOver = true;
    this.#options.wake();
  }

  #release(): void {
    this.#read.fill(0);
    this.#current = undefined;
    this.#patienceOver = false;
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
  }

  #stopRecording(): void {
    this.#recorder?.giveUp();
    this.#recorder = undefined;
  }
}
