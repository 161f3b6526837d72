import { WATERMARK_MIN } from "@millrace/core";
import { createInputValve, type Valve } from "@millrace/operators";
import type { FlowEvent } from "./watermark-flow.ts";

/**
 * Where the inputs of a node come together that takes several within one chain: what an InputGate does for channels, as far
 * as time is concerned. The least watermark of all inputs that are not idle comes out; the end, when all have ended.
 */
export class InputMerge {
  readonly #valve: Valve;
  #openInputs: number;
  #out: FlowEvent[] = [];

  /** `inputs`: for each stream that comes together here, the input of the node that it is. */
  constructor(inputs: readonly (0 | 1)[]) {
    this.#openInputs = inputs.length;
    const channels = inputs.map((input) => ({ input, time: { watermark: WATERMARK_MIN, idle: false } }));
    this.#valve = createInputValve(channels, {
      onWatermark: (watermark) => this.#out.push({ kind: "watermark", watermark }),
      onStatus: (status) => this.#out.push({ kind: "status", status }),
    });
  }

  /** What an event of an input brings about, in order. */
  take(input: number, event: FlowEvent): readonly FlowEvent[] {
    if (event.kind === "watermark") this.#valve.inputWatermark(input, event.watermark);
    else if (event.kind === "status") this.#valve.inputStatus(input, event.status);
    else if (--this.#openInputs > 0) this.#valve.inputWatermark(input, Number.POSITIVE_INFINITY);
    else this.#out.push(event);
    if (this.#out.length === 0) return none;
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

const none: readonly FlowEvent[] = [];
