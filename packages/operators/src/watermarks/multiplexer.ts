import type { WatermarkOutput } from "@millrace/contracts";
import { assert, checkWatermark, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";

/**
 * Combines the watermarks of a source's splits into one output: the least over the splits that are not idle, the greatest
 * of all when every one is; it never falls (Flink's WatermarkOutputMultiplexer). Immediate outputs update at once,
 * deferred ones with `onPeriodicEmit`.
 */
export interface WatermarkMultiplexer {
  /** A new split. `reached`: the watermark that it had before a restore. */
  register(id: string, reached?: number): void;
  /** The split no longer holds others back. False when there was none of that id. */
  unregister(id: string): boolean;
  outputOf(id: string): SplitOutputs;
  /** The split's own watermark, for the snapshot; give it to `register` again. */
  watermarkOf(id: string): number;
  onPeriodicEmit(): void;
  /** The combined watermark emitted last. */
  readonly watermark: number;
}

export interface SplitOutputs {
  readonly immediate: WatermarkOutput;
  readonly deferred: WatermarkOutput;
}

/** `reached`: the combined watermark that had been emitted before a restore. */
export function createMultiplexer(output: WatermarkOutput, reached: number = WATERMARK_MIN): WatermarkMultiplexer {
  return new SplitMultiplexer(output, reached);
}

/** Classes and an array beside the map: each watermark of each split goes through here. */
class SplitMultiplexer implements WatermarkMultiplexer {
  watermark: number;
  readonly #output: WatermarkOutput;
  readonly #splits = new Map<string, Split>();
  /** Of the map. */
  #list: readonly Split[] = [];
  #idle = false;

  constructor(output: WatermarkOutput, reached: number) {
    this.#output = output;
    this.watermark = reached;
  }

  register(id: string, reached = WATERMARK_MIN): void {
    assert(!this.#splits.has(id), `split ${id} is registered twice at the watermark multiplexer`);
    this.#splits.set(id, new Split(reached, this.#update, this.#heed));
    this.#list = [...this.#splits.values()];
  }

  unregister(id: string): boolean {
    const known = this.#splits.delete(id);
    this.#list = [...this.#splits.values()];
    return known;
  }

  outputOf(id: string): SplitOutputs {
    return this.#require(id);
  }

  watermarkOf(id: string): number {
    return this.#require(id).watermark;
  }

  onPeriodicEmit(): void {
    if (this.#combine()) this.#output.emitWatermark(this.watermark);
    if (this.#idle) this.#output.markIdle();
  }

  readonly #update = (): void => this.onPeriodicEmit();

  /** A watermark that is behind the combined one changes nothing, not even whether all are idle, before the next look. */
  readonly #heed = (watermark: number): void => {
    if (watermark > this.watermark) this.onPeriodicEmit();
  };

  /** True when the combined watermark has risen. */
  #combine(): boolean {
    const splits = this.#list;
    if (splits.length === 0) return false;
    let least = WATERMARK_MAX;
    let greatest = WATERMARK_MIN;
    this.#idle = true;
    for (const { watermark, idle } of splits) {
      if (watermark > greatest) greatest = watermark;
      if (idle) continue;
      this.#idle = false;
      if (watermark < least) least = watermark;
    }
    const reached = this.#idle ? greatest : least;
    if (reached <= this.watermark) return false;
    this.watermark = reached;
    return true;
  }

  #require(id: string): Split {
    const split = this.#splits.get(id);
    assert(split !== undefined, `no split ${id} is registered at the watermark multiplexer`);
    return split;
  }
}

class Split implements SplitOutputs {
  watermark: number;
  idle = false;
  readonly immediate: WatermarkOutput;
  readonly deferred: WatermarkOutput;

  /** When the split has changed through its immediate output: `heed` is called with a watermark that is its highest, `update` for the rest. */
  constructor(reached: number, update: () => void, heed: (watermark: number) => void) {
    this.watermark = reached;
    this.deferred = {
      emitWatermark: (watermark) => {
        this.#rises(watermark);
      },
      markIdle: () => {
        this.idle = true;
      },
      markActive: () => {
        this.idle = false;
      },
    };
    this.immediate = {
      emitWatermark: (watermark) => {
        if (this.#rises(watermark)) heed(watermark);
      },
      markIdle: () => {
        this.idle = true;
        update();
      },
      markActive: () => {
        this.idle = false;
        update();
      },
    };
  }

  #rises(watermark: number): boolean {
    this.idle = false;
    if (watermark <= this.watermark) return false;
    this.watermark = checkWatermark(watermark);
    return true;
  }
}
