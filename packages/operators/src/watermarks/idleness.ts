import type { WatermarkGenerator, WatermarkOutput } from "@millrace/contracts";
import { assert } from "@millrace/core";

const NOT_COUNTING = -1;

/**
 * Marks the output idle when no record has come for more than `idlenessMs` of active time; the time counts from the
 * first probe without a record since the probe before (Flink's WatermarksWithIdleness). While idle, the generator is not
 * asked. `activeNow` reads an ActivityClock.
 *
 * The numbers of `snapshot` and `restore` are the timer's own, the time counted so far among them; the generator within keeps
 * its own as before. A restored timer has not found idleness, whatever it had: those downstream start out thinking the
 * generator active, and the next probe tells them again.
 */
export function withIdlenessTimer<T>(generator: WatermarkGenerator<T>, idlenessMs: number, activeNow: () => number): WatermarkGenerator<T> {
  let idle = false;
  let recordsSinceProbe = false;
  /** Active time at which counting began. */
  let countsFrom: number | undefined;

  function probeFindsIdle(): boolean {
    if (recordsSinceProbe) {
      recordsSinceProbe = false;
      countsFrom = undefined;
      return false;
    }
    if (countsFrom === undefined) {
      countsFrom = activeNow();
      return false;
    }
    return activeNow() - countsFrom > idlenessMs;
  }

  return {
    onEvent(value, timestamp, output) {
      generator.onEvent(value, timestamp, output);
      recordsSinceProbe = true;
      idle = false;
    },
    onPeriodicEmit(output: WatermarkOutput) {
      if (!probeFindsIdle()) {
        generator.onPeriodicEmit(output);
      } else if (!idle) {
        output.markIdle();
        idle = true;
      }
    },
    snapshot: () => [recordsSinceProbe ? 1 : 0, countsFrom === undefined ? NOT_COUNTING : activeNow() - countsFrom],
    restore(stored) {
      const [hadRecords, countedMs] = stored;
      assert(hadRecords !== undefined && countedMs !== undefined, "an idleness timer's state holds its own fields");
      recordsSinceProbe = hadRecords === 1;
      countsFrom = countedMs === NOT_COUNTING ? undefined : activeNow() - countedMs;
      idle = false;
    },
  };
}
