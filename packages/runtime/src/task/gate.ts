import type { ChannelPlace } from "@millrace/contracts";
import { AssertionError, assert, type Cancel, limits, type Scheduler, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { createInputValve, type Valve, type ValveTarget } from "@millrace/operators";
import type { ChainCode } from "../chain/code.ts";
import type { ReceivingChannel } from "../channel/channel.ts";
import type { BarrierElement, Batch, Mark, StreamElement } from "../channel/element.ts";
import { ElementCodec } from "../channel/element-codec.ts";
import { BarrierAlignment, type Overtaking } from "./barrier-alignment.ts";
import type { OvertakenBytes } from "./in-flight.ts";
import { type InputStep, progress, type TaskInput, waiting } from "./input.ts";
import { contentOf } from "./record-content.ts";
import { type OvertakenElements, Replay } from "./replay.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

export interface GateChannel {
  readonly channel: ReceivingChannel;
  readonly place: ChannelPlace;
  /** The sender had ended when the checkpoint was taken that is restored: event time does not wait for it to say so again. */
  readonly finished: boolean;
  /** A barrier may overtake what waits in this channel, because it can be dealt out again at another parallelism. */
  readonly overtakable: boolean;
}

export interface GateOptions {
  readonly channels: readonly GateChannel[];
  readonly code: ChainCode;
  readonly flow: WatermarkFlow;
  readonly scheduler: Scheduler;
  /** The gate has something to do that no channel tells of. */
  readonly wake: () => void;
  /** Nothing is being waited for any more: tasks downstream need not wait to hear of it. Before the first record. */
  readonly greet: () => void;
  /** Wait for the barriers of all channels; else records behind a barrier are processed meanwhile, and again after a restore. */
  readonly exactlyOnce: boolean;
  /** What an earlier checkpoint overtook; comes before anything in the channels. */
  readonly restored: readonly OvertakenElements[];
  /** Of what comes through the channels: greater than that of anything restored, and the same in all subtasks. */
  readonly age: number;
  /** The watermark that had left the gate before the restore. */
  readonly reached: number;
}

/**
 * The receiving end of all edges of a task. It begins when each sender has greeted it or has ended, so that records of one
 * are not ahead of event time because another has not yet said that it reads nothing. Watermarks pass the valve, barriers the alignment.
 */
export class InputGate implements TaskInput {
  readonly #options: Omit<GateOptions, "restored">;
  readonly #channels: readonly GateChannel[];
  readonly #valve: Valve;
  readonly #alignment: BarrierAlignment;
  #replay: Replay | undefined;
  /** Channels that have not greeted. */
  readonly #unheard: Set<number>;
  #begun = false;
  #cancelGreeting: Cancel | undefined;
  #next = 0;
  #batch: Batch | undefined;
  #batchInput: 0 | 1 = 0;
  /** Undefined: the batch is one on its way again. */
  #batchChannel: number | undefined;
  #batchPosition = 0;
  #batchMark = 0;
  readonly #open: Set<number>;

  /** Nobody keeps what was restored once it has gone its way. */
  constructor({ restored, ...options }: GateOptions) {
    const { channels, flow, exactlyOnce, scheduler, wake } = options;
    assert(channels.length > 0, "a gate has channels");
    this.#options = options;
    this.#channels = channels;
    this.#open = new Set(channels.keys());
    this.#alignment = new BarrierAlignment({ overtakable: channels.map(({ overtakable }) => overtakable), exactlyOnce, scheduler, wake });
    const target: ValveTarget = {
      onWatermark: (watermark) => flow.accept({ kind: "watermark", watermark }),
      onStatus: (status) => flow.accept({ kind: "status", status }),
    };
    const times = channels.map(({ finished, place }) => ({
      input: place.input,
      time: { watermark: finished ? WATERMARK_MAX : WATERMARK_MIN, idle: false },
    }));
    this.#valve = createInputValve(times, target);
    this.#unheard = new Set(channels.flatMap(({ finished }, index) => (finished ? [] : [index])));
    if (restored.length > 0) this.#replay = new Replay(restored, target, options.reached);
    channels.forEach(({ channel }, index) => {
      channel.arrivals = {
        // Whoever has not greeted does so with a barrier, too.
        barrier: (barrier) => this.#alignment.arrived(index, barrier) || !this.#begun,
        other: (encoded) => this.#alignment.otherArrived(index, encoded),
      };
    });
  }

  step(): InputStep {
    if (this.#batch !== undefined) return this.#runBatch(this.#batch);
    const again = this.#replay?.next();
    if (again !== undefined) return this.#takeAgain(again);
    this.#replay = undefined;
    if (!this.#begun) {
      const step = this.#greeting();
      if (step !== undefined) return step;
    }
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      if (this.#alignment.holds(index)) continue;
      const element = (this.#channels[index] as GateChannel).channel.poll();
      if (element !== undefined) return this.#take(index, element);
    }
    return waiting;
  }

  /** The checkpoint will not happen. */
  abort(checkpointId: number): void {
    this.#alignment.abort(checkpointId);
    this.#forget(checkpointId);
  }

  /** A checkpoint that waits no longer, when there is one; it is to be taken now, wherever the task stands. */
  overtake(): Overtaking | undefined {
    const overtaking = this.#alignment.overtake((checkpointId, isRead) => this.#overtaken(checkpointId, isRead));
    if (overtaking !== undefined) this.#forget(overtaking.barrier.checkpointId);
    return overtaking;
  }

  /** Barriers that have been overtaken, or are of what was given up: where nothing is read for long, more and more would wait. */
  #forget(checkpointId: number): void {
    if (this.#begun) for (const { channel } of this.#channels) channel.forget(checkpointId);
  }

  get watermark(): number {
    return this.#replay?.watermark ?? this.#valve.watermark;
  }

  snapshot(): undefined {
    return undefined;
  }

  position(index = -1): string | undefined {
    return this.#batch === undefined || index < 0 ? undefined : contentOf(this.#batch, index);
  }

  async close(): Promise<void> {
    this.#cancelGreeting?.();
    this.#alignment.close();
  }

  /** Undefined: all have been heard of, or it has taken too long. */
  #greeting(): InputStep | undefined {
    for (const index of this.#unheard) {
      const element = (this.#channels[index] as GateChannel).channel.poll();
      if (element === undefined) continue;
      // What goes before a greeting is of before a restore, or due since then; its sender may not come to greet while it has no room.
      if (element.kind !== "watermark" && element.kind !== "batch") this.#unheard.delete(index);
      return this.#take(index, element);
    }
    if (this.#unheard.size > 0) {
      this.#cancelGreeting ??= this.#options.scheduler.after(limits.greetingMs, () => {
        this.#unheard.clear();
        this.#options.wake();
      });
      return waiting;
    }
    this.#cancelGreeting?.();
    this.#begun = true;
    this.#options.greet();
    return undefined;
  }

  #take(index: number, element: StreamElement): InputStep {
    switch (element.kind) {
      case "batch":
        return this.#beginBatch(element, (this.#channels[index] as GateChannel).place.input, index);
      case "watermark":
      case "status":
        return this.#takeMark(index, element);
      case "barrier":
        return this.#takeBarrier(index, element);
      case "end":
        return this.#takeEnd(index);
    }
  }

  #takeAgain({ input, element }: { readonly input: 0 | 1; readonly element: StreamElement }): InputStep {
    switch (element.kind) {
      case "batch":
        return this.#beginBatch(element, input, undefined);
      case "watermark":
      case "status":
        return this.#takeMark(undefined, element);
      case "end":
        this.#replay?.end();
        return progress;
      case "barrier":
        throw new AssertionError("a checkpoint overtakes no barrier");
    }
  }

  #beginBatch(batch: Batch, input: 0 | 1, channel: number | undefined): InputStep {
    this.#batch = batch;
    this.#batchInput = input;
    this.#batchChannel = channel;
    this.#batchPosition = 0;
    this.#batchMark = 0;
    return this.#runBatch(batch);
  }

  #takeMark(index: number | undefined, element: Mark["element"]): InputStep {
    if (index === undefined) this.#replay?.mark(element);
    else if (element.kind === "watermark") this.#valve.inputWatermark(index, element.watermark);
    else this.#valve.inputStatus(index, element.status);
    return progress;
  }

  /** Up to the next mark: what it sets off comes before the records behind it. */
  #runBatch(batch: Batch): InputStep {
    const { values, timestamps, marks } = batch;
    const mark = marks[this.#batchMark];
    const to = mark === undefined ? values.length : mark.at;
    if (this.#batchPosition < to) {
      this.#batchPosition = this.#options.code.batch(this.#batchInput, values, timestamps, this.#batchPosition, to);
    }
    if (this.#batchPosition < to) return progress;
    if (mark !== undefined) {
      // What can't go on to the head stays where a checkpoint that overtakes it will find it.
      if (this.#options.flow.holding) return progress;
      this.#batchMark++;
      this.#takeMark(this.#batchChannel, mark.element);
    }
    if (this.#batchPosition === values.length && this.#batchMark === marks.length) this.#batch = undefined;
    return progress;
  }

  #takeBarrier(index: number, read: BarrierElement): InputStep {
    const barrier = this.#alignment.read(index, read);
    return barrier === undefined ? progress : { kind: "barrier", barrier };
  }

  #takeEnd(index: number): InputStep {
    const wasOpen = this.#open.delete(index);
    assert(wasOpen, "a channel ends once");
    if (this.#open.size > 0) this.#valve.inputWatermark(index, Number.POSITIVE_INFINITY);
    else this.#options.flow.accept({ kind: "end" });
    return progress;
  }

  /** What has not been processed: what waits before the barrier, what is on its way again, and the batch in hand. */
  #overtaken(checkpointId: number, isRead: (channel: number) => boolean): readonly OvertakenBytes[] {
    const codec = new ElementCodec();
    const encoded = (element: StreamElement) => codec.encode(element).slice();
    const begun = this.#batchLeft();
    const { age } = this.#options;
    const live = this.#channels.map(({ channel, place }, index) => ({
      place,
      time: this.#valve.timeOf(index),
      age,
      elements: [
        ...(begun !== undefined && index === this.#batchChannel ? [encoded(begun)] : []),
        ...(isRead(index) ? [] : channel.waiting(checkpointId)),
      ],
    }));
    const again = this.#replay?.rest(this.#batchChannel === undefined ? begun : undefined) ?? [];
    return [...live, ...again.map((channel) => ({ ...channel, elements: channel.elements.map(encoded) }))];
  }

  #batchLeft(): Batch | undefined {
    if (this.#batch === undefined) return undefined;
    const { values, timestamps, marks } = this.#batch;
    const from = this.#batchPosition;
    const left = marks.slice(this.#batchMark).map(({ at, element }) => ({ at: at - from, element }));
    return { kind: "batch", values: values.slice(from), timestamps: timestamps.slice(from), marks: left };
  }
}
