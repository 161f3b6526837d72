import type { ChannelPlace } from "@millrace/contracts";
import type { ChannelTime } from "@millrace/operators";

/** One channel as a checkpoint overtook it. */
export interface Overtaken<E> {
  readonly place: ChannelPlace;
  /** What the channel had told of event time before the first of these elements. */
  readonly time: ChannelTime;
  /** Elements of a smaller age come first; those of one age were under way at the same time, whichever subtask was to get them. */
  readonly age: number;
  /** Oldest first. */
  readonly elements: readonly E[];
}

/** With encoded elements. */
export type OvertakenBytes = Overtaken<Uint8Array>;

/**
 * Gathers what a checkpoint overtakes: what waited at the moment of the snapshot, and what still comes in before the
 * barrier of each channel. Complete when the barriers of all channels have come in, whether anybody has read them or not.
 */
export class InFlightRecorder {
  readonly checkpointId: number;
  /** Undefined: given up. */
  readonly complete: Promise<readonly OvertakenBytes[] | undefined>;
  readonly #channels: readonly (OvertakenBytes & { readonly elements: Uint8Array[] })[];
  readonly #open: Set<number>;
  readonly #resolve: (channels: readonly OvertakenBytes[] | undefined) => void;

  /** `channels`: those of the gate come first, in its order. `open`: those whose barrier has not come in. */
  constructor(checkpointId: number, channels: readonly OvertakenBytes[], open: ReadonlySet<number>) {
    this.checkpointId = checkpointId;
    this.#channels = channels.map((channel) => ({ ...channel, elements: [...channel.elements] }));
    this.#open = new Set(open);
    const { promise, resolve } = Promise.withResolvers<readonly OvertakenBytes[] | undefined>();
    this.complete = promise;
    this.#resolve = resolve;
    this.#completeIfClosed();
  }

  arrived(channel: number, encoded: () => Uint8Array): void {
    if (this.#open.has(channel)) this.#channels[channel]?.elements.push(encoded());
  }

  /** True: it was the last one. */
  barrier(channel: number): boolean {
    if (this.#open.delete(channel)) this.#completeIfClosed();
    return this.#open.size === 0;
  }

  giveUp(): void {
    this.#resolve(undefined);
  }

  #completeIfClosed(): void {
    if (this.#open.size > 0) return;
    const nothing = this.#channels.every(({ elements }) => elements.length === 0);
    this.#resolve(nothing ? [] : this.#channels);
  }
}
