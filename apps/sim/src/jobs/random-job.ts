import { boundedOutOfOrderness, type DataStream, defineJob, type JobDefinition } from "millrace";
import { type FileSinkOptions, fileSink, files, jsonLines } from "millrace/files";
import type { ProgressJudge } from "../progress/progress-judge.ts";
import type { Chance } from "../world/chance.ts";
import { Unclosed } from "../world/unclosed.ts";
import { asyncBranches } from "./async-branches.ts";
import { awaitingBranch } from "./awaiting-branch.ts";
import type { Branch } from "./branch.ts";
import { broken, brokenBranch } from "./broken-lines.ts";
import { BURST_PACE, burstTimers } from "./burst-timers.ts";
import { clockBranches } from "./clock-branches.ts";
import { connectedBranches } from "./connected-branches.ts";
import { crowd } from "./crowd.ts";
import { edited } from "./edited-job.ts";
import { exchangeBranches } from "./exchange-branches.ts";
import { functionBranches } from "./function-branches.ts";
import { interleaved } from "./interleaved-source.ts";
import { joinBranches } from "./join-branches.ts";
import { holdingBranch, ownOperatorBranches } from "./own-operator-branches.ts";
import { drawOwnParallelisms, type OwnParallelism } from "./own-parallelism.ts";
import { type Pace, paced } from "./paced-sink.ts";
import { pacedSource } from "./paced-source.ts";
import { patternBranches } from "./pattern-branches.ts";
import { pouringBranch } from "./pouring-branch.ts";
import { punctuated } from "./punctuated.ts";
import { drawInput, type Reading } from "./reading.ts";
import { sharingBranch } from "./sharing-branch.ts";
import { stampedBranch } from "./stamped-branch.ts";
import { strict } from "./strict-sink.ts";
import { TURNS_IDLENESS_MS, Turns } from "./turns.ts";
import { windowBranches } from "./window-branches.ts";

export const INPUT = "/in";
export const OUTPUT = "/out";

/** A job and its input, as a seed has drawn them. */
export interface RandomJob {
  /** How many sources share the input files. */
  readonly sources: 1 | 2;
  readonly input: readonly (readonly Reading[])[];
  readonly branches: readonly Branch[];
  /** How often the user's function throws before it lets a record pass. */
  readonly failures: readonly { readonly record: string; readonly times: number }[];
  /** Of its keyed nodes, see `withOwnParallelism`. */
  readonly numbers: readonly OwnParallelism[];
  /** A fresh definition, as each process builds its own, `edition` being its number; `passed` is asked of every record and may throw. */
  define(passed: (reading: Reading) => void, edition: number, watch?: Watch, unclosed?: Unclosed): JobDefinition;
  /** The job whose sources and sink do not pause, and nothing fails. */
  defineStraight(): JobDefinition;
  /** A line that can't be read stands behind so many readings. */
  readonly brokenEvery: number | undefined;
  /** Its sources are idle by turns: how far event time has come depends on the clock, but nothing is late. */
  readonly turnsOf: number | undefined;
  /** How far one source may be ahead of another. */
  readonly maxDriftMs: number | undefined;
  /** How far readings of one file may be out of order. */
  readonly disorderMs: number;
  /** What its sink waits for again and again. */
  readonly sinkPace: Pace | undefined;
  /** Output is published with each checkpoint. */
  readonly publishes: boolean;
}

/** Wraps the ends of a job, to see what goes in and comes out. */
export type Watch = Pick<ProgressJudge, "source" | "sink">;

/** Where the input file of that index stands. */
export function inputPath(sources: number, index: number): string {
  return `${INPUT}/${sources === 1 ? "" : `${index % sources}-`}${index}.jsonl`;
}

export const allBranches: readonly Branch[] = [
  ...windowBranches,
  ...functionBranches,
  ...asyncBranches,
  ...clockBranches,
  ...exchangeBranches,
  ...joinBranches,
  ...connectedBranches,
  ...patternBranches,
  ...ownOperatorBranches,
];

/** What is drawn apart, so that other seeds stay as they are. */
export interface JobWishes {
  /** Two sources in one alignment group, with enough records that one gets ahead of the other. */
  readonly aligned: boolean;
  readonly brokenEvery: number | undefined;
  /** `burstTimers` is one of its branches. */
  readonly bursts: boolean;
  /** `edited` is one of its branches. */
  readonly edited: boolean;
  /** Two sources are at work in turns, see `Turns`. */
  readonly turns: boolean;
  /** Readers have several splits at a time, of several files at least. */
  readonly interleaved: boolean;
  /** The source is as fast as it can be, and the sink so slow that channels are full. */
  readonly crowded: boolean;
  /** Channels are full everywhere, and not before the sink alone. */
  readonly marked: boolean;
  /** Several records, and the marks between them, travel together. */
  readonly batched: boolean;
  /** Event time stands between all records. */
  readonly punctuated: boolean;
}

/** Faster than any sink that takes its time. */
const MARKED_PACE: Pace = { records: 2, pauseMs: 1 };

/** Of sources that are aligned. */
const MAX_DRIFT_MS = 400;

export function drawJob(
  chance: Chance,
  {
    aligned,
    brokenEvery,
    bursts,
    edited: isEdited,
    turns: takesTurns,
    interleaved: isInterleaved,
    crowded,
    marked,
    batched,
    punctuated: isPunctuated,
  }: JobWishes,
): RandomJob {
  const drawnCount = chance.pick([1, 1, 2, 3, 6]);
  const fileCount = aligned ? 2 : Math.max(takesTurns ? 2 : 1, isInterleaved ? 3 : 1, drawnCount);
  const disorderMs = chance.pick([0, 50, 300]);
  const most = fileCount === 1 || aligned ? 200 : 60;
  const records = !aligned && chance.oneIn(4) ? chance.scale(most) : chance.between(most >> 2, most);
  const input = drawInput(chance, { files: fileCount, records, sensors: chance.between(1, 6), disorderMs });
  const possible = allBranches.filter((branch) => (fileCount === 1 || !branch.ordered) && !(takesTurns && branch.severalWays === true));
  const drawn = chance.distinct(possible, chance.between(1, 5));
  const chosen = [
    ...drawn,
    ...(bursts ? [burstTimers] : []),
    ...(isEdited ? [edited] : []),
    ...(crowded ? [crowd, holdingBranch, awaitingBranch, pouringBranch] : []),
    ...(marked ? [stampedBranch, sharingBranch] : []),
  ];
  const roll: FileSinkOptions<string> = chance.oneIn(3)
    ? { roll: { bytes: chance.between(50, 2_000), ageMs: chance.between(5, 500), everyCheckpoint: chance.oneIn(2) } }
    : {};
  const pace = { records: chance.between(3, 30), pauseMs: chance.between(1, 25) };
  const sources = aligned || takesTurns || (fileCount > 1 && chance.oneIn(2)) ? 2 : 1;
  const isAligned = chance.oneIn(4) || aligned;
  const sinkOptions: FileSinkOptions<string> = chance.oneIn(4) ? { ...roll, partitionBy: (line) => line.split(" ", 1)[0] ?? "" } : roll;
  const isSourcePaced = !chance.oneIn(4);
  const isSinkPaced = chance.oneIn(3);
  const failures = chance.oneIn(4) ? drawFailures(chance, input) : [];
  const parts: Parts = {
    sources,
    turnsOf: takesTurns ? fileCount : undefined,
    branches: chosen,
    disorderMs,
    maxDriftMs: isAligned ? MAX_DRIFT_MS : undefined,
    brokenEvery,
    interleaved: isInterleaved,
    marked,
    narrow: crowded && !batched,
    punctuated: isPunctuated,
    sourcePace: bursts ? BURST_PACE : marked ? MARKED_PACE : isSourcePaced && !crowded ? pace : undefined,
    sinkOptions,
    sinkPace: (isSinkPaced && !takesTurns) || crowded ? pace : undefined,
  };
  return {
    ...parts,
    input,
    branches: brokenEvery === undefined ? chosen : [...chosen, brokenBranch(input, brokenEvery)],
    failures,
    numbers: drawOwnParallelisms(chance),
    publishes: sinkOptions.roll?.everyCheckpoint !== false,
    define: (passed, edition, watch, unclosed) => assembled(parts, passed, edition, watch, unclosed),
    defineStraight: () =>
      assembled({ ...parts, turnsOf: undefined, interleaved: false, narrow: false, sourcePace: undefined, sinkPace: undefined }, () => undefined, 1),
  };
}

/** What a job is put together from. */
interface Parts {
  readonly sources: 1 | 2;
  /** So many files are read in turns; undefined: each source goes its way. */
  readonly turnsOf: number | undefined;
  readonly branches: readonly Branch[];
  readonly disorderMs: number;
  readonly maxDriftMs: number | undefined;
  readonly brokenEvery: number | undefined;
  readonly interleaved: boolean;
  /** Results go to any subtask of the sink: what goes to one of their own, no barrier overtakes. */
  readonly marked: boolean;
  /** Channels take some dozens of records. */
  readonly narrow: boolean;
  readonly punctuated: boolean;
  readonly sourcePace: Pace | undefined;
  readonly sinkOptions: FileSinkOptions<string>;
  readonly sinkPace: Pace | undefined;
}

function assembled(
  parts: Parts,
  passed: (reading: Reading) => void,
  edition: number,
  watch?: Watch,
  unclosed: Unclosed = new Unclosed(),
): JobDefinition {
  const { sources, turnsOf, branches, brokenEvery, marked, narrow, sinkOptions, sinkPace } = parts;
  return defineJob("simulated", (env) => {
    const turns = turnsOf === undefined ? undefined : new Turns(sources, turnsOf);
    const readings = Array.from({ length: sources }, (_, index) => {
      const own = sourceOf(parts, index);
      const source = turns === undefined ? own : turns.source(own, index);
      const watched = watch === undefined ? source : watch.source(source, (path) => turns?.waits(path) === true);
      return env.from(unclosed.source(watched), { uid: `in${index}`, watermarks: watermarksOf(parts) });
    });
    const [one, ...more] = readings as [DataStream<Reading>];
    const all = one.union(...more).map((reading) => {
      passed(reading);
      return reading;
    });
    const unread = brokenEvery === undefined ? [] : readings.map((stream) => stream.sideOutput(broken).map(({ text }) => text));
    const results = [...branches.flatMap((branch) => branch.build(all, edition, narrow)), ...unread];
    const [first, ...others] = marked ? results.map((lines) => lines.rebalance()) : results;
    const written = unclosed.sink(strict(fileSink<string>(OUTPUT, sinkOptions)));
    const sink = sinkPace === undefined ? written : paced(written, sinkPace);
    (first as DataStream<string>).union(...others).to(watch === undefined ? sink : watch.sink(sink), { uid: "out" });
  });
}

function sourceOf({ sources, brokenEvery, interleaved: isInterleaved, sourcePace }: Parts, index: number) {
  const pattern = `${INPUT}/${sources === 1 ? "" : `${index}-`}*.jsonl`;
  const byFile = files(pattern, jsonLines<Reading>(), brokenEvery === undefined ? {} : { onError: broken });
  const read = isInterleaved ? interleaved(byFile) : byFile;
  return sourcePace === undefined ? read : pacedSource(read, sourcePace);
}

function watermarksOf({ disorderMs, punctuated: isPunctuated, maxDriftMs, turnsOf }: Parts) {
  const bounded = isPunctuated ? punctuated(disorderMs) : boundedOutOfOrderness<Reading>(disorderMs, (one) => one.at);
  const strategy = turnsOf === undefined ? bounded : bounded.withIdleness(TURNS_IDLENESS_MS);
  return maxDriftMs === undefined ? strategy : strategy.withWatermarkAlignment("all", maxDriftMs, 20);
}

function drawFailures(chance: Chance, input: readonly (readonly Reading[])[]): RandomJob["failures"] {
  const readings = input.flat();
  if (readings.length === 0) return [];
  return Array.from({ length: chance.between(1, 2) }, () => ({ record: JSON.stringify(chance.pick(readings)), times: chance.between(1, 2) }));
}
