import type { ChannelPlace } from "@millrace/contracts";
import { AssertionError, assert, type Cancel, limits, type Scheduler, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { createInputValve, type Valve, type ValveTarget } from "@millrace/operators";
import type { ChainCode } from "../chain/code.ts";
import type { ReceivingChannel } from "../channel/channel.ts";
import type { BarrierElement, Batch, Mark, StreamElement } from "../channel/element.ts";
import { ElementCodec } from "../channel/element-codec.ts";
import { InFlightRecorder, type OvertakenBytes } from "./in-flight.ts";
import { ended, type InputStep, progress, type TaskInput, waiting } from "./input.ts";
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

/** A checkpoint taken before all barriers have been read. */
export interface Overtaking {
  readonly barrier: BarrierElement;
  /** Settles when the barriers of all channels have come in; undefined: given up. */
  readonly inFlight: Promise<readonly OvertakenBytes[] | undefined>;
}

interface GateState {
  /** The checkpoint whose barrier was read from this channel and waits for the others; 0 when none does. */
  barrier: number;
  /** The newest checkpoint whose barrier has come in, read or not. */
  arrived: number;
  ended: boolean;
}

/**
 * The receiving end of all edges of a task. It begins when each sender has greeted it or has ended, so that records of one
 * are not ahead of event time because another has not yet said that it reads nothing. Watermarks pass the valve; a channel whose barrier was read is not read on
 * until the barriers of the same checkpoint have been read from all others (aligned, law C1). When that takes longer than
 * the barrier's timeout, or a sender did not wait either, the checkpoint is due at once: what is still in the channels
 * becomes part of it.
 */
export class InputGate implements TaskInput {
  readonly #options: GateOptions;
  readonly #channels: readonly GateChannel[];
  readonly #states: readonly GateState[];
  readonly #valve: Valve;
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
  #openChannels: number;
  /** Of the checkpoint whose first barrier has come in. */
  #aligning: BarrierElement | undefined;
  #patienceOver = false;
  #cancelPatience: Cancel | undefined;
  #recorder: InFlightRecorder | undefined;
  /** Barriers of this checkpoint and older ones are let through without effect: it was taken, or given up. */
  #settled = 0;

  constructor(options: GateOptions) {
    const { channels, flow, restored } = options;
    assert(channels.length > 0, "a gate has channels");
    this.#options = options;
    this.#channels = channels;
    this.#states = channels.map(() => ({ barrier: 0, arrived: 0, ended: false }));
    this.#openChannels = channels.length;
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
        barrier: (barrier) => this.#barrierArrived(index, barrier),
        other: (encoded) => this.#recorder?.arrived(index, encoded),
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
    const { exactlyOnce } = this.#options;
    for (let tried = 0; tried < count; tried++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      if (exactlyOnce && (this.#states[index] as GateState).barrier !== 0) continue;
      const element = (this.#channels[index] as GateChannel).channel.poll();
      if (element !== undefined) return this.#take(index, element);
    }
    return this.#openChannels === 0 ? ended : waiting;
  }

  /** The checkpoint will not happen: channels that wait for it are read again, late barriers of it are ignored. */
  abort(checkpointId: number): void {
    this.#settled = Math.max(this.#settled, checkpointId);
    if (this.#recorder !== undefined && this.#recorder.checkpointId <= checkpointId) this.#stopRecording();
    if (this.#aligning !== undefined && this.#aligning.checkpointId <= checkpointId) this.#release();
  }

  /** A checkpoint that waits no longer, when there is one; it is to be taken now, wherever the task stands. */
  overtake(): Overtaking | undefined {
    const barrier = this.#aligning;
    if (barrier === undefined || !this.#patienceOver) return undefined;
    const { checkpointId } = barrier;
    const held = this.#channels.some(({ overtakable }, index) => !overtakable && this.#states[index]?.barrier !== checkpointId);
    if (held) return undefined;
    const open = new Set(this.#states.flatMap((state, index) => (state.arrived === checkpointId ? [] : [index])));
    const recorder = new InFlightRecorder(checkpointId, this.#overtaken(checkpointId), open);
    this.#settled = checkpointId;
    this.#release();
    this.#recorder = recorder;
    // Senders may still need room here, to come to their own barriers.
    return { barrier: { ...barrier, unaligned: true, suspends: false }, inFlight: recorder.complete };
  }

  get watermark(): number {
    return this.#replay?.watermark ?? this.#valve.watermark;
  }

  snapshot(): undefined {
    return undefined;
  }

  position(): string | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#cancelGreeting?.();
    this.#cancelPatience?.();
    this.#stopRecording();
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

  #takeBarrier(index: number, barrier: BarrierElement): InputStep {
    const { checkpointId } = barrier;
    if (checkpointId <= this.#settled) return progress;
    this.#begin(barrier);
    (this.#states[index] as GateState).barrier = checkpointId;
    if (this.#states.some((state) => state.barrier !== checkpointId)) return progress;
    const suspends = this.#aligning?.suspends === true;
    this.#settled = checkpointId;
    this.#release();
    return { kind: "barrier", barrier: { ...barrier, suspends } };
  }

  #takeEnd(index: number): InputStep {
    const state = this.#states[index] as GateState;
    assert(!state.ended, "a channel ends once");
    state.ended = true;
    this.#openChannels--;
    if (this.#openChannels > 0) this.#valve.inputWatermark(index, Number.POSITIVE_INFINITY);
    else this.#options.flow.accept({ kind: "end" });
    return progress;
  }

  #barrierArrived(index: number, barrier: BarrierElement): void {
    const state = this.#states[index] as GateState;
    state.arrived = barrier.checkpointId;
    if (this.#recorder?.checkpointId === barrier.checkpointId) this.#recorder.barrier(index);
    if (barrier.checkpointId <= this.#settled) return;
    this.#begin(barrier);
    if (barrier.unaligned && this.#options.exactlyOnce) this.#loseIt();
  }

  /** The first barrier of a checkpoint. One that is still being waited for was given up: there is one at a time. */
  #begin(barrier: BarrierElement): void {
    const current = this.#aligning?.checkpointId ?? 0;
    if (current === barrier.checkpointId) {
      // A sender that goes on may need room here.
      if (!barrier.suspends) this.#aligning = { ...barrier, suspends: false };
      return;
    }
    assert(current < barrier.checkpointId, `barrier ${barrier.checkpointId} after barrier ${current}`);
    this.#stopRecording();
    this.#release();
    // Word of that comes another way, and may be slower than barriers; those of it that are still under way are late.
    this.#settled = Math.max(this.#settled, barrier.checkpointId - 1);
    this.#aligning = barrier;
    const { alignmentTimeoutMs } = barrier;
    if (!this.#options.exactlyOnce || alignmentTimeoutMs === Number.POSITIVE_INFINITY) return;
    this.#cancelPatience = this.#options.scheduler.after(alignmentTimeoutMs, () => this.#loseIt());
  }

  #loseIt(): void {
    this.#patienceOver = true;
    this.#options.wake();
  }

  #release(): void {
    for (const state of this.#states) state.barrier = 0;
    this.#aligning = undefined;
    this.#patienceOver = false;
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
  }

  #stopRecording(): void {
    this.#recorder?.giveUp();
    this.#recorder = undefined;
  }

  /** What has not been processed: what waits before the barrier, what is on its way again, and the batch in hand. */
  #overtaken(checkpointId: number): readonly OvertakenBytes[] {
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
        ...(this.#states[index]?.barrier === checkpointId ? [] : channel.waiting(checkpointId)),
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
