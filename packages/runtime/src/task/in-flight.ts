/** What was under way to a task through one channel when a checkpoint overtook it: encoded elements, oldest first. */
export interface InFlightChannel {
  /** Index among the channels of the task's gate. */
  readonly channel: number;
  readonly elements: readonly Uint8Array[];
}

/**
 * Gathers what a checkpoint overtakes: what waited at the moment of the snapshot, and what still comes in before the
 * barrier of each channel. Complete when the barriers of all channels have come in, whether anybody has read them or not.
 */
export class InFlightRecorder {
  readonly checkpointId: number;
  /** Undefined: given up. */
  readonly complete: Promise<readonly InFlightChannel[] | undefined>;
  readonly #channels: Uint8Array[][];
  readonly #open: Set<number>;
  readonly #resolve: (channels: readonly InFlightChannel[] | undefined) => void;

  /** `waiting`: by channel. `open`: channels whose barrier has not come in. */
  constructor(checkpointId: number, waiting: readonly (readonly Uint8Array[])[], open: ReadonlySet<number>) {
    this.checkpointId = checkpointId;
    this.#channels = waiting.map((elements) => [...elements]);
    this.#open = new Set(open);
    const { promise, resolve } = Promise.withResolvers<readonly InFlightChannel[] | undefined>();
    this.complete = promise;
    this.#resolve = resolve;
    this.#completeIfClosed();
  }

  arrived(channel: number, encoded: () => Uint8Array): void {
    if (this.#open.has(channel)) this.#channels[channel]?.push(encoded());
  }

  barrier(channel: number): void {
    if (this.#open.delete(channel)) this.#completeIfClosed();
  }

  giveUp(): void {
    this.#resolve(undefined);
  }

  #completeIfClosed(): void {
    if (this.#open.size > 0) return;
    this.#resolve(this.#channels.map((elements, channel) => ({ channel, elements })).filter(({ elements }) => elements.length > 0));
  }
}
