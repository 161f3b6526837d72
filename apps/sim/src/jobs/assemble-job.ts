import { boundedOutOfOrderness, type DataStream, defineJob, type JobDefinition } from "millrace";
import { type FileSinkOptions, fileSink, files, jsonLines } from "millrace/files";
import type { ProgressJudge } from "../progress/progress-judge.ts";
import { Unclosed } from "../world/unclosed.ts";
import type { Branch } from "./branch.ts";
import { broken } from "./broken-lines.ts";
import { interleaved } from "./interleaved-source.ts";
import type { Layout } from "./layout.ts";
import { type Pace, paced } from "./paced-sink.ts";
import { pacedSource } from "./paced-source.ts";
import { inputPattern, OUTPUT } from "./places.ts";
import { punctuated } from "./punctuated.ts";
import type { Reading } from "./reading.ts";
import { strict } from "./strict-sink.ts";
import { TURNS_IDLENESS_MS, Turns } from "./turns.ts";
import { untilAllCame } from "./until-all-came.ts";

/** Longer than any job takes: a reader that waits for files holds the others back, and nothing is late. */
const WAITING_MS = 6 * 3_600_000;

/** Wraps the ends of a job, to see what goes in and comes out. */
export type Watch = Pick<ProgressJudge, "source" | "sink">;

/** What a job is put together from. */
export interface Parts {
  readonly sources: 1 | 2;
  readonly files: number;
  readonly layout: Layout;
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

export function assembled(
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

function sourceOf({ sources, files: fileCount, layout, brokenEvery, interleaved: isInterleaved, sourcePace }: Parts, index: number) {
  const { arrivals, splitBytes } = layout;
  const found = files(inputPattern(sources, index), jsonLines<Reading>(), {
    ...(brokenEvery === undefined ? {} : { onError: broken }),
    ...(splitBytes === undefined ? {} : { splitBytes }),
    ...(arrivals === undefined ? {} : { watch: { everyMs: arrivals.everyMs } }),
  });
  const own = Math.ceil((fileCount - index) / sources);
  const byFile = arrivals === undefined ? found : untilAllCame(found, own, arrivals.everyMs);
  const read = isInterleaved ? interleaved(byFile) : byFile;
  return sourcePace === undefined ? read : pacedSource(read, sourcePace);
}

function watermarksOf({ disorderMs, punctuated: isPunctuated, maxDriftMs, turnsOf, layout }: Parts) {
  const bounded = isPunctuated ? punctuated(disorderMs) : boundedOutOfOrderness<Reading>(disorderMs, (one) => one.at);
  const idlenessMs = turnsOf !== undefined ? TURNS_IDLENESS_MS : layout.arrivals !== undefined ? WAITING_MS : undefined;
  const strategy = idlenessMs === undefined ? bounded : bounded.withIdleness(idlenessMs);
  return maxDriftMs === undefined ? strategy : strategy.withWatermarkAlignment("all", maxDriftMs, 20);
}
