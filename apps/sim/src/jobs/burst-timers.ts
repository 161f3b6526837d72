import type { Collector } from "millrace";
import { dueAt } from "../progress/due.ts";
import { apart } from "../world/apart.ts";
import { type Branch, exactly } from "./branch.ts";
import type { Pace } from "./paced-sink.ts";
import type { Reading } from "./reading.ts";

/** Time between two timers of a sensor, how long after a reading it has some, and of which multiples a line tells, ms. */
const EVERY_MS = 1;
const FOR_MS = 100;
const TOLD_MS = 50;

/** Whether a job has the branch. Drawn apart from all else, for slow processors alone: others get done with it in a slice. */
export function drawBursts(seed: number): boolean {
  return apart(seed, "burstTimers").oneIn(2);
}

/** How fast sources are beside it: slower than it is, so that what it is cut in is not the end of the input. */
export const BURST_PACE: Pace = { records: 8, pauseMs: 40 };

/** Hundreds of timers that one watermark fires: on a slow processor other things come in between, a checkpoint's barrier for one. */
export const burstTimers: Branch = {
  name: "burstTimers",
  due: dueAt(2),
  ordered: false,
  build: (all) => [
    all
      .keyBy((one) => one.sensor)
      .process(
        {
          processElement(one, { timers }, _out: Collector<string>) {
            for (const time of timesOf(one)) timers.registerEventTimeTimer(time);
          },
          onTimer(time, { currentKey }, out) {
            if (time % TOLD_MS === 0) out.collect(`burstTimers ${currentKey()} ${time}`);
          },
        },
        { uid: "burstTimers" },
      ),
  ],
  judge: exactly("burstTimers", (input) => {
    const told = input.flatMap((one) => timesOf(one).flatMap((time) => (time % TOLD_MS === 0 ? [`burstTimers ${one.sensor} ${time}`] : [])));
    return [...new Set(told)];
  }),
};

function timesOf({ at }: Reading): number[] {
  const first = Math.ceil(at / EVERY_MS) * EVERY_MS;
  return Array.from({ length: FOR_MS / EVERY_MS }, (_, index) => first + index * EVERY_MS);
}
