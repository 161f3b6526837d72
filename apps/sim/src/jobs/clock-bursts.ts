import { type Collector, state, t } from "millrace";
import { dueAt } from "../progress/due.ts";
import { apart } from "../world/apart.ts";
import { AFTER_ALL, type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** Timers of a reading. */
const TIMERS = 6;

/** Whether a job has the branch. Drawn apart from all else, for slow processors alone: others get done with it in a slice. */
export function drawClockBursts(seed: number): boolean {
  return apart(seed, "clockBursts").oneIn(3);
}

/** Timers of the clock for times that are over, which come all at once: on a slow processor their firing is cut, and the rest is still due. */
export const clockBursts: Branch = {
  name: "clockBursts",
  due: dueAt(2),
  ordered: false,
  build: (all) => [
    all
      .keyBy((one) => one.sensor)
      .process(
        {
          state: { waiting: state.map(t.integer(), t.string()) },
          processElement(one, { state: { waiting }, timers, currentProcessingTime }, _out: Collector<string>) {
            let time = currentProcessingTime();
            for (const line of linesOf(one)) {
              while (waiting.has(time)) time--;
              waiting.put(time, line);
              timers.registerProcessingTimeTimer(time);
            }
            timers.registerEventTimeTimer(AFTER_ALL);
          },
          onTimer(time, { state: { waiting }, timeDomain }, out) {
            const times = timeDomain() === "event" ? [...waiting.keys()] : [time];
            for (const one of times) {
              const line = waiting.get(one);
              if (line !== undefined) out.collect(line);
              waiting.remove(one);
            }
          },
        },
        { uid: "clockBursts" },
      ),
  ],
  judge: exactly("clockBursts", (input) => input.flatMap(linesOf)),
};

function linesOf(one: Reading): string[] {
  return Array.from({ length: TIMERS }, (_, index) => `clockBursts ${show(one)} ${index}`);
}
