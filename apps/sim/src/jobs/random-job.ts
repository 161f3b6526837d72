import type { JobDefinition } from "millrace";
import type { FileSinkOptions } from "millrace/files";
import type { Chance } from "../world/chance.ts";
import type { Unclosed } from "../world/unclosed.ts";
import { assembled, type Parts, type Watch } from "./assemble-job.ts";
import { asyncBranches } from "./async-branches.ts";
import { awaitingBranch } from "./awaiting-branch.ts";
import type { Branch } from "./branch.ts";
import { brokenBranch } from "./broken-lines.ts";
import { BURST_PACE, burstTimers } from "./burst-timers.ts";
import { clockBranches } from "./clock-branches.ts";
import { clockBursts } from "./clock-bursts.ts";
import { connectedBranches } from "./connected-branches.ts";
import { crowd } from "./crowd.ts";
import { edited } from "./edited-job.ts";
import { exchangeBranches } from "./exchange-branches.ts";
import { functionBranches } from "./function-branches.ts";
import { drawFurther } from "./further-branches.ts";
import { joinBranches } from "./join-branches.ts";
import { drawLayout, type Layout, wholeFiles } from "./layout.ts";
import { holdingBranch, ownOperatorBranches } from "./own-operator-branches.ts";
import { drawOwnParallelisms, type OwnParallelism } from "./own-parallelism.ts";
import type { Pace } from "./paced-sink.ts";
import { patternBranches } from "./pattern-branches.ts";
import { pouringBranch } from "./pouring-branch.ts";
import { drawInput, type Reading } from "./reading.ts";
import { sharingBranch } from "./sharing-branch.ts";
import { stampedBranch } from "./stamped-branch.ts";
import { windowBranches } from "./window-branches.ts";

/** A job and its input, as a seed has drawn them. */
export interface RandomJob {
  /** How many sources share the input files. */
  readonly sources: 1 | 2;
  readonly input: readonly (readonly Reading[])[];
  readonly layout: Layout;
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
  /** Of what its input files are like, and when they come. undefined: they lie there whole. */
  readonly layoutSeed: number | undefined;
  /** Of the branches that it has beside those that it is drawn from, see `drawFurther`. */
  readonly furtherSeed: number;
  /** Two sources in one alignment group, with enough records that one gets ahead of the other. */
  readonly aligned: boolean;
  readonly brokenEvery: number | undefined;
  /** `burstTimers` is one of its branches. */
  readonly bursts: boolean;
  /** `clockBursts` is one of its branches. */
  readonly clockBursts: boolean;
  /** `edited` is one of its branches. */
  readonly edited: boolean;
  /** Two sources are at work in turns, see `Turns`. */
  readonly turns: boolean;
  /** Readers have several splits at a time, of several files at least. */
  readonly interleaved: boolean;
  /** The source is as fast as it can be, and the sink so slow that channels are full. */
  readonly crowded: boolean;
  /** `awaiting` is one of its branches, and what it emits is due at some time. */
  readonly awaits: boolean;
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

export function drawJob(chance: Chance, wishes: JobWishes): RandomJob {
  const { layoutSeed, aligned, brokenEvery, bursts, turns: takesTurns, interleaved: isInterleaved, crowded, marked, batched } = wishes;
  const drawnCount = chance.pick([1, 1, 2, 3, 6]);
  const fileCount = aligned ? 2 : Math.max(takesTurns ? 2 : 1, isInterleaved ? 3 : 1, drawnCount);
  const disorderMs = chance.pick([0, 50, 300]);
  const most = fileCount === 1 || aligned ? 200 : 60;
  const records = !aligned && chance.oneIn(4) ? chance.scale(most) : chance.between(most >> 2, most);
  const input = drawInput(chance, { files: fileCount, records, sensors: chance.between(1, 6), disorderMs });
  const layout = layoutSeed === undefined ? wholeFiles : drawLayout(layoutSeed, fileCount);
  const chosen = drawBranches(chance, wishes, fileCount === 1 && layout.splitBytes === undefined);
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
    files: fileCount,
    layout,
    turnsOf: takesTurns ? fileCount : undefined,
    branches: chosen,
    disorderMs,
    maxDriftMs: isAligned ? MAX_DRIFT_MS : undefined,
    brokenEvery,
    interleaved: isInterleaved,
    marked,
    narrow: crowded && !batched,
    punctuated: wishes.punctuated,
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
      assembled(
        { ...parts, layout: wholeFiles, turnsOf: undefined, interleaved: false, narrow: false, sourcePace: undefined, sinkPace: undefined },
        () => undefined,
        1,
      ),
  };
}

/** `isInOrder`: readings come in the order of their one file. */
function drawBranches(
  chance: Chance,
  { furtherSeed, bursts, clockBursts: burstsByClock, edited: isEdited, turns: takesTurns, awaits, crowded, marked }: JobWishes,
  isInOrder: boolean,
): Branch[] {
  const fits = (branch: Branch): boolean => (isInOrder || !branch.ordered) && !(takesTurns && branch.severalWays === true);
  return [
    ...chance.distinct(allBranches.filter(fits), chance.between(1, 5)),
    ...drawFurther(furtherSeed, fits),
    ...(bursts ? [burstTimers] : []),
    ...(burstsByClock ? [clockBursts] : []),
    ...(isEdited ? [edited] : []),
    ...(awaits ? [awaitingBranch] : []),
    ...(crowded ? [crowd, holdingBranch, awaitingBranch, pouringBranch] : []),
    ...(marked ? [stampedBranch, sharingBranch] : []),
  ];
}

function drawFailures(chance: Chance, input: readonly (readonly Reading[])[]): RandomJob["failures"] {
  const readings = input.flat();
  if (readings.length === 0) return [];
  return Array.from({ length: chance.between(1, 2) }, () => ({ record: JSON.stringify(chance.pick(readings)), times: chance.between(1, 2) }));
}
