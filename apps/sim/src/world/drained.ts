import { inputPath, type RandomJob } from "../jobs/random-job.ts";
import { newestManifest } from "./manifests.ts";
import type { World } from "./world.ts";

/** What of a manifest tells where its sources stood. */
interface Positions {
  readonly drained?: true;
  readonly operators: readonly {
    readonly subtasks: readonly { readonly splits?: readonly { readonly split: { readonly path: string; readonly records: number } }[] }[];
    readonly enumerator?: { readonly listed: boolean; readonly pending: readonly { readonly path: string; readonly records: number }[] };
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
  const begun = operators.flatMap(({ subtasks }) => subtasks.flatMap(({ splits = [] }) => splits.map(({ split }) => split)));
  const waiting = operators.flatMap(({ enumerator }) => enumerator?.pending ?? []);
  const left = new Map([...begun, ...waiting].map(({ path, records }) => [path, records]));
  const isListed = operators.every(({ enumerator }) => enumerator?.listed !== false);
  // A file that nobody has any more was read to its end.
  const input = job.input.map((readings, index) => readings.slice(0, left.get(inputPath(job.sources, index)) ?? (isListed ? readings.length : 0)));
  return { ...job, input };
}
