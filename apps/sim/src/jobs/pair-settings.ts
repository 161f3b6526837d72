import { countEvictor, eventTimeTrigger, globalWindow, outputTag, purging, session, tumbling } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { codecs, grouped, isEven, isLow, joined, sensorOf, startOf } from "./join-branches.ts";
import { type Reading, show } from "./reading.ts";
import { joinedSessions } from "./window-judges.ts";

const PAIR_MS = 180;
const lateOne = outputTag<Reading>("lateOne");
const lateOther = outputTag<Reading>("lateOther");

/** What can be set of windows over two streams: triggers, evictors, lateness, that they never end. */
export const pairSettings: Branch = {
  name: "pairSettings",
  severalWays: true,
  ordered: false,
  build: (all) => {
    const pairs = joined(all)
      .window(tumbling(PAIR_MS))
      .trigger(purging(eventTimeTrigger()))
      .allowedLateness(50)
      .lateLeftTo(lateOne)
      .lateRightTo(lateOther)
      .apply((left, right, { key }) => `pairSettings ${key} ${show(left)} ${show(right)}`, { uid: "pairSettings", ...codecs });
    const groups = grouped(all)
      .window(session(40))
      .evictor(countEvictor<Reading>(1_000))
      .apply((left, right, { key, window }) => `pairSettings ${key} ${window.start} ${window.end} ${left.length}/${right.length}`, {
        uid: "groupSettings",
        ...codecs,
      });
    const inTheEnd = grouped(all)
      .window(globalWindow({ endOfStreamTrigger: true }))
      .unbounded()
      .flatApply((left, right, { key }) => [`pairSettings end ${key} ${left.length}/${right.length}`], { uid: "endSettings", ...codecs });
    const late = [lateOne, lateOther].map((tag) => pairs.sideOutput(tag).map((one) => `pairSettings late ${show(one)}`));
    return [pairs, groups, inTheEnd, ...late];
  },
  judge: exactly("pairSettings", (input) => {
    const right = input.filter(isLow);
    const pairs = input
      .filter(isEven)
      .flatMap((a) =>
        right
          .filter((b) => a.sensor === b.sensor && startOf(a.at, PAIR_MS) === startOf(b.at, PAIR_MS))
          .map((b) => `pairSettings ${a.sensor} ${show(a)} ${show(b)}`),
      );
    const ends = [...Map.groupBy(input, sensorOf)].flatMap(([sensor, ones]) => {
      const [left, low] = [ones.filter(isEven).length, ones.filter(isLow).length];
      return left + low === 0 ? [] : [`pairSettings end ${sensor} ${left}/${low}`];
    });
    return [...pairs, ...groupSessions(input), ...ends];
  }),
};

/** Sessions of even and low readings together, and how many of each they have. */
function groupSessions(input: readonly Reading[]): string[] {
  const both = input.filter((one) => isEven(one) || isLow(one));
  return joinedSessions(both, () => 40).map(
    ({ sensor, start, end, ones }) => `pairSettings ${sensor} ${start} ${end} ${ones.filter(isEven).length}/${ones.filter(isLow).length}`,
  );
}
