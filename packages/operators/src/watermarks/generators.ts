import type { WatermarkGenerator } from "@millrace/contracts";
import { assert, WATERMARK_MIN } from "@millrace/core";

/**
 * Emits, when asked, the greatest timestamp seen less `outOfOrdernessMs` less 1: no record that is at most so much older
 * than the newest comes late (Flink's BoundedOutOfOrdernessWatermarks). Before the first record it emits WATERMARK_MIN.
 */
export function createBoundedOutOfOrderness(outOfOrdernessMs: number): WatermarkGenerator<unknown> {
  let greatest = WATERMARK_MIN;
  return {
    onEvent(_value, timestamp) {
      if (timestamp > greatest) greatest = timestamp;
    },
    onPeriodicEmit(output) {
      output.emitWatermark(greatest - outOfOrdernessMs - 1);
    },
    snapshot: () => [greatest],
    restore(stored) {
      const [value] = stored;
      assert(value !== undefined, "a generator's state holds its greatest timestamp");
      greatest = value;
    },
  };
}

/** Emits nothing, ever: event time stands still until the end of the input (Flink's NoWatermarksGenerator). */
export function createNoWatermarks(): WatermarkGenerator<unknown> {
  return { onEvent() {}, onPeriodicEmit() {}, snapshot: () => [], restore() {} };
}
