import type { WatermarkStatus } from "@millrace/contracts";
import { WATERMARK_MIN } from "@millrace/core";

/** Told what comes out of a valve. */
export interface ValveTarget {
  onWatermark(watermark: number): void;
  onStatus(status: WatermarkStatus): void;
}

/**
 * Merges the watermarks and statuses of a task's input channels (Flink's StatusWatermarkValve). The watermark that leaves
 * is the least over the aligned channels: those that are active and not behind what has left already. A channel that comes
 * back from idleness counts again once it has caught up. When the last active channel falls idle, the greatest watermark
 * of all leaves first, and then the status.
 */
export interface Valve {
  inputWatermark(channel: number, watermark: number): void;
  inputStatus(channel: number, status: WatermarkStatus): void;
  /** The last watermark that left. */
  readonly watermark: number;
  readonly idle: boolean;
  timeOf(channel: number): ChannelTime;
}

/** What a channel has told of event time. */
export interface ChannelTime {
  /** The last one; `WATERMARK_MIN` before the first. */
  readonly watermark: number;
  readonly idle: boolean;
}

/** `channels`: how many, or where each of them stood before a restore. `reached`: the watermark that had left before it. */
export function createValve(channels: number | readonly ChannelTime[], target: ValveTarget, reached: number = WATERMARK_MIN): Valve {
  const valve = new StatusWatermarkValve(typeof channels === "number" ? channels : channels.length, target, reached);
  if (typeof channels !== "number") valve.restore(channels);
  return valve;
}

/** Plain arrays and loops: nothing is made per call, and there are few channels. */
class StatusWatermarkValve implements Valve {
  readonly #channels: number;
  readonly #target: ValveTarget;
  readonly #watermarks: Float64Array;
  readonly #idleChannels: Uint8Array;
  readonly #alignedChannels: Uint8Array;
  #activeCount: number;
  #lastOut: number;
  #idle = false;

  constructor(channels: number, target: ValveTarget, reached: number) {
    this.#channels = channels;
    this.#target = target;
    this.#watermarks = new Float64Array(channels).fill(WATERMARK_MIN);
    this.#idleChannels = new Uint8Array(channels);
    this.#alignedChannels = new Uint8Array(channels).fill(1);
    this.#activeCount = channels;
    this.#lastOut = reached;
  }

  get watermark(): number {
    return this.#lastOut;
  }

  get idle(): boolean {
    return this.#idle;
  }

  timeOf(channel: number): ChannelTime {
    return { watermark: this.#watermarkOf(channel), idle: this.#idleChannels[channel] === 1 };
  }

  /** Before anything else. */
  restore(times: readonly ChannelTime[]): void {
    times.forEach(({ watermark, idle }, channel) => {
      this.#watermarks[channel] = watermark;
      this.#idleChannels[channel] = idle ? 1 : 0;
      this.#alignedChannels[channel] = !idle && watermark >= this.#lastOut ? 1 : 0;
    });
    this.#activeCount = times.filter(({ idle }) => !idle).length;
    this.#idle = this.#activeCount === 0;
  }

  inputWatermark(channel: number, watermark: number): void {
    if (this.#idleChannels[channel] === 1 || watermark <= this.#watermarkOf(channel)) return;
    this.#watermarks[channel] = watermark;
    if (watermark >= this.#lastOut) this.#alignedChannels[channel] = 1;
    this.#emitLeastAligned();
  }

  inputStatus(channel: number, status: WatermarkStatus): void {
    const wasIdle = this.#idleChannels[channel] === 1;
    if (status === "idle" && !wasIdle) this.#becomesIdle(channel);
    else if (status === "active" && wasIdle) this.#becomesActive(channel);
  }

  #becomesIdle(channel: number): void {
    this.#idleChannels[channel] = 1;
    this.#alignedChannels[channel] = 0;
    this.#activeCount--;
    const heldBack = this.#watermarkOf(channel) === this.#lastOut;
    if (this.#activeCount > 0) {
      if (heldBack) this.#emitLeastAligned();
      return;
    }
    if (heldBack) this.#emitGreatest();
    this.#idle = true;
    this.#target.onStatus("idle");
  }

  #becomesActive(channel: number): void {
    this.#idleChannels[channel] = 0;
    this.#activeCount++;
    if (this.#watermarkOf(channel) >= this.#lastOut) this.#alignedChannels[channel] = 1;
    if (!this.#idle) return;
    this.#idle = false;
    this.#target.onStatus("active");
  }

  #emitLeastAligned(): void {
    let least = Number.NaN;
    for (let i = 0; i < this.#channels; i++) {
      if (this.#alignedChannels[i] === 1 && !(this.#watermarkOf(i) >= least)) least = this.#watermarkOf(i);
    }
    this.#emitIfRisen(least);
  }

  #emitGreatest(): void {
    let greatest = WATERMARK_MIN;
    for (let i = 0; i < this.#channels; i++) greatest = Math.max(greatest, this.#watermarkOf(i));
    this.#emitIfRisen(greatest);
  }

  /** NaN, when no channel is aligned, has not risen. */
  #emitIfRisen(watermark: number): void {
    if (!(watermark > this.#lastOut)) return;
    this.#lastOut = watermark;
    this.#target.onWatermark(watermark);
  }

  #watermarkOf(channel: number): number {
    return this.#watermarks[channel] ?? WATERMARK_MIN;
  }
}
