import { boundedOutOfOrderness, customWatermarks } from "millrace";
import { apart } from "../world/apart.ts";
import type { Reading } from "./reading.ts";

/** Whether sources tell event time with each record. Drawn apart from all else. */
export function drawPunctuated(seed: number): boolean {
  return apart(seed, "punctuated").oneIn(6);
}

const timeOf = ({ at }: Reading): number => at;

/** Event time goes on with each record that is newer than all before it, and not after so many. */
export function punctuated(disorderMs: number) {
  const bounded = boundedOutOfOrderness<Reading>(disorderMs, timeOf);
  return customWatermarks<Reading>(
    "punctuated",
    () => {
      const generator = bounded.createGenerator();
      return {
        onEvent(one, timestamp, output) {
          generator.onEvent(one, timestamp, output);
          generator.onPeriodicEmit(output);
        },
        onPeriodicEmit() {},
        snapshot: () => generator.snapshot(),
        restore: (stored) => generator.restore(stored),
      };
    },
    timeOf,
  );
}
