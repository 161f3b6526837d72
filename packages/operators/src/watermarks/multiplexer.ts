import type { WatermarkOutput } from "@millrace/contracts";
import { assert, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";

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
  const splits = new Map<string, Split>();
  let combined = reached;
  let idle = false;

  /** True when the combined watermark has risen. */
  function combine(): boolean {
    if (splits.size === 0) return false;
    let least = WATERMARK_MAX;
    let greatest = WATERMARK_MIN;
    idle = true;
    for (const split of splits.values()) {
      greatest = Math.max(greatest, split.watermark);
      if (split.idle) continue;
      idle = false;
      least = Math.min(least, split.watermark);
    }
    const reachedNow = idle ? greatest : least;
    if (reachedNow <= combined) return false;
    combined = reachedNow;
    return true;
  }

  function update(): void {
    if (combine()) output.emitWatermark(combined);
    if (idle) output.markIdle();
  }

  function require(id: string): Split {
    const split = splits.get(id);
    assert(split !== undefined, `no split ${id} is registered at the watermark multiplexer`);
    return split;
  }

  return {
    register(id, splitReached = WATERMARK_MIN) {
      assert(!splits.has(id), `split ${id} is registered twice at the watermark multiplexer`);
      splits.set(id, createSplit(splitReached, update));
    },
    unregister: (id) => splits.delete(id),
    outputOf: (id) => require(id),
    watermarkOf: (id) => require(id).watermark,
    onPeriodicEmit: update,
    get watermark() {
      return combined;
    },
  };
}

interface Split extends SplitOutputs {
  readonly watermark: number;
  readonly idle: boolean;
}

function createSplit(reached: number, update: () => void): Split {
  let current = reached;
  let idle = false;

  const deferred: WatermarkOutput = {
    emitWatermark(watermark) {
      idle = false;
      current = Math.max(current, watermark);
    },
    markIdle() {
      idle = true;
    },
    markActive() {
      idle = false;
    },
  };
  const immediate: WatermarkOutput = {
    emitWatermark(watermark) {
      const risen = watermark > current;
      deferred.emitWatermark(watermark);
      if (risen) update();
    },
    markIdle() {
      idle = true;
      update();
    },
    markActive() {
      idle = false;
      update();
    },
  };
  return {
    immediate,
    deferred,
    get watermark() {
      return current;
    },
    get idle() {
      return idle;
    },
  };
}
