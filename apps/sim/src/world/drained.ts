import { inputPath } from "../jobs/places.ts";
import type { RandomJob } from "../jobs/random-job.ts";
import type { Reading } from "../jobs/reading.ts";
import { inputText } from "./input.ts";
import { newestManifest } from "./manifests.ts";
import type { World } from "./world.ts";

/** Of a file or a range of it: the records that begin in it, and how many of them have been read. */
interface Split {
  readonly path: string;
  readonly start: number;
  /** null: the file's end. */
  readonly end: number | null;
  readonly records: number;
}

/** What of a manifest tells where its sources stood. */
interface Positions {
  readonly drained?: true;
  readonly operators: readonly {
    readonly uid: string;
    readonly subtasks: readonly { readonly splits?: readonly { readonly split: Split }[] }[];
    readonly enumerator?: { readonly listed: boolean; readonly pending: readonly Split[]; readonly seen: readonly string[] };
  }[];
}

/**
 * The job over what it had read of its input when it was drained: then event time went to its end, and what was published is
 * what this one publishes. undefined: its last checkpoint is not of a drain.
 */
export async function drainedJob(world: World, job: RandomJob): Promise<RandomJob | undefined> {
  const text = await newestManifest(world);
  if (text === undefined) return undefined;
  const { drained, operators } = JSON.parse(text) as Positions;
  if (drained !== true) return undefined;
  const input = job.input.map((readings, index) => {
    const path = inputPath(job.sources, index);
    const source = operators.find(({ uid }) => uid === `in${index % job.sources}`);
    const { enumerator, subtasks = [] } = source ?? {};
    const isKnown = enumerator?.listed === true && (job.layout.arrivals === undefined || enumerator.seen.includes(path));
    if (!isKnown) return [];
    const splits = [...enumerator.pending, ...subtasks.flatMap(({ splits = [] }) => splits.map(({ split }) => split))];
    return readOf(
      readings,
      splits.filter((split) => split.path === path),
    );
  });
  return { ...job, input };
}

/** What has been read of a file of which these splits are left: one that nobody has any more was read to its end. */
function readOf(readings: readonly Reading[], left: readonly Split[]): readonly Reading[] {
  const starts = startsOf(readings);
  const unread = new Set(
    left.flatMap(({ start, end, records }) =>
      readings
        .filter((_, index) => (starts[index] as number) >= start && (starts[index] as number) < (end ?? Number.POSITIVE_INFINITY))
        .slice(records),
    ),
  );
  return readings.filter((reading) => !unread.has(reading));
}

/** The first byte of each reading's line: a job that is drained has no broken ones between them. */
function startsOf(readings: readonly Reading[]): readonly number[] {
  let at = 0;
  return inputText(0, readings, undefined).map((line) => {
    const start = at;
    at += line.length;
    return start;
  });
}
