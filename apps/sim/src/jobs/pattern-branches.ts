import {
  boundedOutOfOrderness,
  type DataStream,
  outputTag,
  type PartialMatchOf,
  type PatternStart,
  skipPastLastEvent,
  skipToLast,
  skipToNext,
} from "millrace";
import { dueAfterReadings } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

const WITHIN_MS = 200;
const isLow = ({ value }: Reading): boolean => value < 30;
const isHigh = ({ value }: Reading): boolean => value > 60;
const bySensor = (all: DataStream<Reading>) => all.keyBy((one) => one.sensor);
const shown = (ones: readonly Reading[] | undefined): string => (ones ?? []).map(show).join("+");

/** The readings of each key in the order in which patterns see them. */
function ordered(input: readonly Reading[]): readonly (readonly Reading[])[] {
  return [...Map.groupBy(input, (one) => one.sensor).values()].map((ones) => ones.toSorted((a, b) => a.at - b.at));
}

/** Judges a pattern that begins with each low reading, by the readings of its key behind it. */
function fromEachLow(name: string, linesOf: (first: Reading, behind: readonly Reading[]) => readonly string[]): NonNullable<Branch["judge"]> {
  return exactly(name, (input) =>
    ordered(input).flatMap((ones) => ones.flatMap((first, index) => (isLow(first) ? linesOf(first, ones.slice(index + 1)) : []))),
  );
}

/** A high reading that comes in time. */
function isAnswer(first: Reading, last: Reading | undefined): last is Reading {
  return last !== undefined && isHigh(last) && last.at - first.at < WITHIN_MS;
}

type Begin = PatternStart<Reading>["begin"];
const low = (begin: Begin) => begin("low").where(isLow);
type LowAndHigh = Readonly<Record<"low" | "high", readonly Reading[]>>;
const unanswered = outputTag<PartialMatchOf<LowAndHigh>>("unanswered");

const tooLate = outputTag<Reading>("tooLate");
/** Too early for many readings. In one subtask, because a change of parallelism begins the count of records anew. */
const late = boundedOutOfOrderness<Reading>(20, (one) => one.at);
const lateOptions = { uid: "patternTime", everyRecords: 5, parallelism: 1 };

// Of readings of one time, those that come first are matched first.
export const patternBranches: readonly Branch[] = [
  {
    name: "pattern",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) => low(begin).followedBy("high").where(isHigh).within(WITHIN_MS))
        .select(({ low: [first], high: [last] }) => `pattern ${show(first)} ${show(last)}`, { uid: "pattern", codec: readingCodec }),
    ],
    judge: fromEachLow("pattern", (first, behind) => {
      const last = behind.find(isHigh);
      return isAnswer(first, last) ? [`pattern ${show(first)} ${show(last)}`] : [];
    }),
  },
  {
    name: "patternNext",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) => low(begin).next("high").where(isHigh).within(WITHIN_MS))
        .select((match) => `patternNext ${shown(match.low)} ${shown(match.high)}`, { uid: "patternNext", codec: readingCodec }),
    ],
    judge: fromEachLow("patternNext", (first, [next]) => (isAnswer(first, next) ? [`patternNext ${show(first)} ${show(next)}`] : [])),
  },
  {
    name: "patternAny",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) => low(begin).followedByAny("high").where(isHigh).within(WITHIN_MS))
        .select((match) => `patternAny ${shown(match.low)} ${shown(match.high)}`, { uid: "patternAny", codec: readingCodec }),
    ],
    judge: fromEachLow("patternAny", (first, behind) =>
      behind.filter((last) => isAnswer(first, last)).map((last) => `patternAny ${show(first)} ${show(last)}`),
    ),
  },
  {
    name: "patternLoop",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) =>
          begin("low", skipPastLastEvent())
            .where(isLow)
            .oneOrMore()
            .greedy()
            .until(({ value }) => value % 10 === 0)
            .followedBy("high")
            .where(isHigh)
            .within(WITHIN_MS * 2),
        )
        .select((match) => `patternLoop ${shown(match.low)} ${shown(match.high)}`, { uid: "patternLoop", codec: readingCodec }),
    ],
  },
  {
    name: "patternTimes",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) =>
          begin("low", skipToNext()).where(isLow).times(2, 3).consecutive().followedBy("end").where(isHigh).optional().within(WITHIN_MS),
        )
        .select((match) => `patternTimes ${shown(match.low)} ${shown(match.end)}`, { uid: "patternTimes", codec: readingCodec }),
    ],
  },
  {
    name: "patternRise",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) =>
          begin("low", skipToLast("rise"))
            .where(isLow)
            .followedBy("rise")
            .where((one, context) => one.value > Math.max(...[...context.events("low"), ...context.events("rise")].map(({ value }) => value)))
            .timesOrMore(2)
            .allowCombinations()
            .within(WITHIN_MS),
        )
        .flatSelect((match) => match.rise.map((one) => `patternRise ${shown(match.low)} ${show(one)}`), { uid: "patternRise", codec: readingCodec }),
    ],
  },
  {
    name: "patternNot",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) => low(begin).notFollowedBy("high").where(isHigh).within(WITHIN_MS))
        .select((match) => `patternNot ${shown(match.low)}`, { uid: "patternNot", codec: readingCodec }),
    ],
  },
  {
    name: "patternTimedOut",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => {
      const matches = bySensor(all)
        .pattern(({ begin }) => low(begin).followedBy("high").where(isHigh).within(WITHIN_MS))
        .timedOutTo(unanswered as never)
        .select((match) => `patternTimedOut ${shown(match.low)} ${shown(match.high)}`, { uid: "patternTimedOut", codec: readingCodec });
      return [matches, matches.sideOutput(unanswered).map((partial) => `patternTimedOut ${shown(partial.low)} -`)];
    },
    judge: fromEachLow("patternTimedOut", (first, behind) => {
      const last = behind.find(isHigh);
      return [`patternTimedOut ${show(first)} ${isAnswer(first, last) ? show(last) : "-"}`];
    }),
  },
  {
    name: "patternOrder",
    ordered: true,
    byWatermark: true,
    // Of one time, high readings are taken first: none of them is behind a low one.
    build: (all) => {
      const matches = bySensor(all.map((one) => ({ ...one, at: Math.floor(one.at / 100) * 100 })).assignTimestampsAndWatermarks(late, lateOptions))
        .pattern(({ begin }) => low(begin).next("high").where(isHigh).within(WITHIN_MS))
        .inEventTime()
        .orderBy((a, b) => b.value - a.value)
        .lateTo(tooLate)
        .select((match) => `patternOrder ${shown(match.low)} ${shown(match.high)}`, { uid: "patternOrder", codec: readingCodec });
      return [matches, matches.sideOutput(tooLate).map((one) => `patternOrder late ${show(one)}`)];
    },
  },
  {
    name: "patternAtOnce",
    due: dueAfterReadings(2 * WITHIN_MS),
    ordered: true,
    build: (all) => [
      bySensor(all)
        .pattern(({ begin }) => begin("low", skipPastLastEvent()).where(isLow).followedBy("high").where(isHigh).unbounded())
        .inProcessingTime()
        .select((match) => `patternAtOnce ${shown(match.low)} ${shown(match.high)}`, { uid: "patternAtOnce", codec: readingCodec }),
    ],
  },
];
