import { eventTimeTrigger, session, tumbling, type Window, type WindowAssigner } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf, startOf } from "./join-branches.ts";
import { delayed } from "./own-triggers.ts";
import type { Reading } from "./reading.ts";
import { sums } from "./window-branches.ts";
import { fixedWindowSums, joinedSessions, sumsOf } from "./window-judges.ts";

/** Of an even reading two windows of different lengths, of an odd one one, and of some none. */
function windowsOf({ at, value }: Reading): readonly Window[] {
  if (value % 7 === 0) return [];
  const short = { start: startOf(at, 200), end: startOf(at, 200) + 200 };
  return value % 2 === 0 ? [short, { start: startOf(at, 330) - 5, end: startOf(at, 330) + 330 }] : [short];
}

/** Kept by their start and end, as nobody can know which there are. */
const byValue: WindowAssigner<Reading> = {
  description: { type: "byValue" },
  time: "event",
  merging: false,
  shape: { kind: "interval" },
  defaultTrigger: eventTimeTrigger(),
  assign: windowsOf,
};

const gapOf = ({ value }: Reading): number => 20 + (value % 5) * 40;

/** A session's, but for readings that are in none. */
const highSessions: WindowAssigner<Reading> = {
  ...session<Reading>(gapOf),
  description: { type: "highSessions" },
  assign: (one) => (one.value < 20 ? [] : [{ start: one.at, end: one.at + gapOf(one) }]),
};

const DELAY_MS = 110;

/** Windows that the job itself finds, and built-in ones with another trigger than theirs. */
export const ownWindowBranches: readonly Branch[] = [
  {
    name: "ownWindows",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("ownWindows", all.keyBy(sensorOf).window(byValue))],
    judge: exactly("ownWindows", (input) => {
      const found = new Map<string, number>();
      for (const one of input) {
        for (const { start, end } of windowsOf(one)) {
          const place = `ownWindows ${one.sensor} ${start} ${end}`;
          found.set(place, (found.get(place) ?? 0) + one.value);
        }
      }
      return [...found].map(([place, sum]) => `${place} ${sum}`);
    }),
  },
  {
    name: "ownSessions",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("ownSessions", all.keyBy(sensorOf).window(highSessions))],
    judge: exactly("ownSessions", (input) => {
      const high = input.filter(({ value }) => value >= 20);
      return sumsOf("ownSessions", joinedSessions(high, gapOf));
    }),
  },
  {
    name: "ownGaps",
    due: dueAt(3, -1),
    ordered: false,
    build: (all) => [sums("ownGaps", all.keyBy(sensorOf).window(session(gapOf)))],
    judge: exactly("ownGaps", (input) => sumsOf("ownGaps", joinedSessions(input, gapOf))),
  },
  {
    name: "ownDefault",
    due: dueAt(3, DELAY_MS - 1),
    ordered: false,
    // At the very moment in which the windows are forgotten.
    build: (all) => {
      const assigner: WindowAssigner<unknown> = { ...tumbling(250), defaultTrigger: delayed(DELAY_MS) };
      return [sums("ownDefault", all.keyBy(sensorOf).window(assigner).allowedLateness(DELAY_MS))];
    },
    judge: exactly("ownDefault", (input) => fixedWindowSums("ownDefault", input, 250, 250)),
  },
];
