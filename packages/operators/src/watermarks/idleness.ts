import type { WatermarkGenerator, WatermarkOutput } from "@millrace/contracts";
import { assert } from "@millrace/core";

/** Fields of the state before that of the generator itself. */
const OWN_FIELDS = 2;
const NOT_COUNTING = -1;

/**
 * Marks the output idle when no record has come for more than `idlenessMs` of active time; the time counts from the
 * first probe without a record since the probe before (Flink's WatermarksWithIdleness). While idle, the generator is not
 * asked. `activeNow` reads an ActivityClock.
 *
 * The time counted so far is part of the state. A restored generator is not idle, whatever it was: those downstream start
 * out thinking it active, and the next probe tells them again.
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
    snapshot: () => [recordsSinceProbe ? 1 : 0, countsFrom === undefined ? NOT_COUNTING : activeNow() - countsFrom, ...generator.snapshot()],
    restore(stored) {
      const [hadRecords, countedMs] = stored;
      assert(hadRecords !== undefined && countedMs !== undefined, "an idleness timer's state holds its own fields");
      recordsSinceProbe = hadRecords === 1;
      countsFrom = countedMs === NOT_COUNTING ? undefined : activeNow() - countedMs;
      idle = false;
      generator.restore(stored.slice(OWN_FIELDS));
    },
  };
}
