import { assert } from "@millrace/core";
import { createValve, type Valve } from "@millrace/operators";
import type { ChainCode } from "../chain/code.ts";
import type { Channel } from "../channel/channel.ts";
import type { Batch, StreamElement } from "../channel/element.ts";
import { ended, type InputStep, progress, type TaskInput, waiting } from "./input.ts";
import type { WatermarkFlow } from "./watermark-flow.ts";

export interface GateChannel {
  readonly channel: Channel;
  readonly input: 0 | 1;
}

interface GateState {
  /** The checkpoint whose barrier came through this channel and waits for the others; 0 when none does. */
  barrier: number;
  ended: boolean;
}

/**
 * The receiving end of all edges of a task. Watermarks pass the valve; a channel whose barrier has come is not read
 * until the barriers of the same checkpoint have come through all others (aligned, law C1).
 */
export class InputGate implements TaskInput {
  readonly #channels: readonly GateChannel[];
  readonly #states: readonly GateState[];
  readonly #valve: Valve;
  readonly #code: ChainCode;
  readonly #flow: WatermarkFlow;
  #next = 0;
  #batch: Batch | undefined;
  #batchInput: 0 | 1 = 0;
  #batchPosition = 0;
  #openChannels: number;
  #aligning = 0;
  /** Barriers of this checkpoint and older ones are let through without effect. */
  #abortedUpTo = 0;

  constructor(channels: readonly GateChannel[], code: ChainCode, flow: WatermarkFlow) {
    assert(channels.length > 0, "a gate has channels");
    this.#channels = channels;
    this.#states = channels.map(() => ({ barrier: 0, ended: false }));
    this.#openChannels = channels.length;
    this.#code = code;
    this.#flow = flow;
    this.#valve = createValve(channels.length, {
      onWatermark: (watermark) => flow.accept({ kind: "watermark", watermark }),
      onStatus: (status) => flow.accept({ kind: "status", status }),
    });
  }

  step(): InputStep {
    if (this.#batch !== undefined) return this.#runBatch(this.#batch);
    const count = this.#channels.length;
    for (let tried = 0; tried < count; tried++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      if ((this.#states[index] as GateState).barrier !== 0) continue;
      const element = (this.#channels[index] as GateChannel).channel.poll();
      if (element !== undefined) return this.#take(index, element);
    }
    return this.#openChannels === 0 ? ended : waiting;
  }

  /** The checkpoint will not happen: channels that wait for it are read again, late barriers of it are ignored. */
  abort(checkpointId: number): void {
    this.#abortedUpTo = Math.max(this.#abortedUpTo, checkpointId);
    if (this.#aligning !== 0 && this.#aligning <= checkpointId) this.#release();
  }

  snapshot(): undefined {
    return undefined;
  }

  position(): string | undefined {
    return undefined;
  }

  async close(): Promise<void> {}

  #take(index: number, element: StreamElement): InputStep {
    switch (element.kind) {
      case "batch":
        this.#batch = element;
        this.#batchInput = (this.#channels[index] as GateChannel).input;
        this.#batchPosition = 0;
        return this.#runBatch(element);
      case "watermark":
        this.#valve.inputWatermark(index, element.watermark);
        return progress;
      case "status":
        this.#valve.inputStatus(index, element.status);
        return progress;
      case "barrier":
        return this.#takeBarrier(index, element.checkpointId);
      case "end":
        return this.#takeEnd(index);
    }
  }

  #runBatch(batch: Batch): InputStep {
    const count = batch.values.length;
    this.#batchPosition = this.#code.batch(this.#batchInput, batch.values, batch.timestamps, this.#batchPosition, count);
    if (this.#batchPosition === count) this.#batch = undefined;
    return progress;
  }

  #takeBarrier(index: number, checkpointId: number): InputStep {
    if (checkpointId <= this.#abortedUpTo) return progress;
    if (this.#aligning !== 0 && this.#aligning < checkpointId) this.#release();
    assert(this.#aligning === 0 || this.#aligning === checkpointId, `barrier ${checkpointId} while aligning ${this.#aligning}`);
    this.#aligning = checkpointId;
    (this.#states[index] as GateState).barrier = checkpointId;
    if (this.#states.some((state) => state.barrier !== checkpointId)) return progress;
    this.#release();
    return { kind: "barrier", checkpointId };
  }

  #takeEnd(index: number): InputStep {
    const state = this.#states[index] as GateState;
    assert(!state.ended, "a channel ends once");
    state.ended = true;
    this.#openChannels--;
    if (this.#openChannels > 0) this.#valve.inputWatermark(index, Number.POSITIVE_INFINITY);
    else this.#flow.accept({ kind: "end" });
    return progress;
  }

  #release(): void {
    for (const state of this.#states) state.barrier = 0;
    this.#aligning = 0;
  }
}
