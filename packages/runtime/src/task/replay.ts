import { WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { type ChannelTime, createInputValve, type Valve, type ValveTarget } from "@millrace/operators";
import type { Mark, StreamElement } from "../channel/element.ts";
import type { Overtaken } from "./in-flight.ts";

/** A channel of the subtask that the checkpoint was taken of, with the elements that this subtask gets of it. */
export type OvertakenElements = Overtaken<StreamElement>;

interface Line {
  readonly from: OvertakenElements;
  /** Index in the valve of its age. */
  readonly channel: number;
  /** Elements that have been handed out. */
  taken: number;
}

/**
 * Elements that a checkpoint overtook, on their way again. They pass a valve of their own, over the channels that they were
 * in then, each of which starts from what it had told of event time. The channel that is furthest behind goes first: what
 * one sender had dealt out to several subtasks between two watermarks stays between the two, also at another parallelism.
 */
export class Replay {
  readonly #lines: readonly Line[];
  readonly #target: ValveTarget;
  readonly #ages: number[];
  #valve: Valve | undefined;
  #current: readonly Line[] = [];
  #last: Line | undefined;
  #watermark: number;
  /** Downstream has been told so. */
  #idle = false;

  /** `reached`: the watermark that had left the gate. */
  constructor(channels: readonly OvertakenElements[], target: ValveTarget, reached: number = WATERMARK_MIN) {
    this.#ages = [...new Set(channels.map(({ age }) => age))].sort((a, b) => a - b);
    this.#lines = this.#ages.flatMap((age) =>
      channels.filter((channel) => channel.age === age).map((from, channel) => ({ from, channel, taken: 0 })),
    );
    this.#watermark = reached;
    // The end of a channel holds nothing back any more; that of all comes from the senders, which say it again.
    this.#target = {
      onWatermark: (watermark) => {
        if (watermark === WATERMARK_MAX || watermark <= this.#watermark) return;
        this.#watermark = watermark;
        target.onWatermark(watermark);
      },
      onStatus: (status) => {
        this.#idle = status === "idle";
        target.onStatus(status);
      },
    };
  }

  /** The last watermark that left. */
  get watermark(): number {
    return this.#watermark;
  }

  /** The next element, with the input that it belongs to; undefined: all have been handed out. */
  next(): { readonly input: 0 | 1; readonly element: StreamElement } | undefined {
    for (;;) {
      const line = this.#furthestBehind();
      if (line !== undefined) {
        this.#last = line;
        return { input: line.from.place.input, element: line.from.elements[line.taken++] as StreamElement };
      }
      const age = this.#ages.shift();
      if (age === undefined) return this.#finish();
      this.#begin(age);
    }
  }

  /** A mark in the element that was handed out last. */
  mark(element: Mark["element"]): void {
    const channel = this.#last?.channel ?? 0;
    if (element.kind === "watermark") this.#valve?.inputWatermark(channel, element.watermark);
    else this.#valve?.inputStatus(channel, element.status);
  }

  /** The element that was handed out last said that its channel has ended. */
  end(): void {
    this.#valve?.inputWatermark(this.#last?.channel ?? 0, WATERMARK_MAX);
  }

  /** What has not been handed out; `begun` is what is left of the last element, if anything is. */
  rest(begun: StreamElement | undefined): readonly OvertakenElements[] {
    return this.#lines
      .filter((line) => this.#ages.includes(line.from.age) || this.#current.includes(line))
      .map((line) => {
        const left = line.from.elements.slice(line.taken);
        const elements = begun !== undefined && line === this.#last ? [begun, ...left] : left;
        return { ...line.from, time: this.#timeOf(line), elements };
      });
  }

  #begin(age: number): void {
    this.#current = this.#lines.filter(({ from }) => from.age === age);
    const channels = this.#current.map(({ from }) => ({ input: from.place.input, time: from.time }));
    // A channel that nothing had been read from holds event time back, though more had left: it has not come back from idleness.
    const least = Math.min(this.#watermark, ...channels.filter(({ time }) => !time.idle).map(({ time }) => time.watermark));
    this.#wakeUp();
    this.#valve = createInputValve(channels, this.#target, least);
  }

  /** Downstream is told that time goes on: what comes next says so only if it has been idle itself. */
  #wakeUp(): void {
    if (this.#idle) this.#target.onStatus("active");
  }

  #finish(): undefined {
    this.#wakeUp();
    this.#valve = undefined;
    this.#current = [];
    this.#last = undefined;
  }

  /** Of the lines of this age. */
  #furthestBehind(): Line | undefined {
    let least: Line | undefined;
    let leastTime = Number.NaN;
    for (const line of this.#current) {
      if (line.taken === line.from.elements.length) continue;
      const time = this.#valve?.timeOf(line.channel).watermark ?? WATERMARK_MIN;
      if (least !== undefined && time >= leastTime) continue;
      least = line;
      leastTime = time;
    }
    return least;
  }

  #timeOf(line: Line): ChannelTime {
    return this.#current.includes(line) && this.#valve !== undefined ? this.#valve.timeOf(line.channel) : line.from.time;
  }
}
