import { type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

const WITHIN_MS = 200;
const isLow = ({ value }: Reading): boolean => value < 30;
const isHigh = ({ value }: Reading): boolean => value > 60;

export const patternBranches: readonly Branch[] = [
  {
    name: "pattern",
    // Of readings of one time, those that come first are matched first.
    ordered: true,
    build: (all) => [
      all
        .keyBy((one) => one.sensor)
        .pattern((start) => start.begin("low").where(isLow).followedBy("high").where(isHigh).within(WITHIN_MS))
        .select(({ low: [low], high: [high] }) => `pattern ${show(low)} ${show(high)}`, { uid: "pattern", codec: readingCodec }),
    ],
    judge: exactly("pattern", (input) => {
      const bySensor = [...Map.groupBy(input, (one) => one.sensor).values()];
      return bySensor.flatMap((ones) => {
        const ordered = ones.toSorted((a, b) => a.at - b.at);
        return ordered.flatMap((low, index) => {
          const high = ordered.slice(index + 1).find(isHigh);
          return isLow(low) && high !== undefined && high.at - low.at < WITHIN_MS ? [`pattern ${show(low)} ${show(high)}`] : [];
        });
      });
    }),
  },
];
