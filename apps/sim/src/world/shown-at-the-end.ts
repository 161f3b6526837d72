import { WATERMARK_MAX } from "@millrace/core";
import type { JobHandle } from "millrace";
import { published } from "./published.ts";
import type { World } from "./world.ts";

/** What the status of a job whose input has ended says and should not; undefined: nothing. */
export async function shownAtTheEnd(world: World, handle: JobHandle, rescaled: boolean): Promise<string | undefined> {
  const { operators, restarts } = handle.status();
  const behind = operators.find(({ watermark }) => watermark !== undefined && watermark !== WATERMARK_MAX);
  if (behind !== undefined) return `it has finished, and ${behind.uid} is shown at the watermark ${behind.watermark}`;
  // Counters begin with each attempt.
  if (restarts > 0 || rescaled || handle.resumedFrom !== undefined) return undefined;
  const { lines } = await published(world);
  const counted = operators.reduce((sum, { kind, recordsIn }) => sum + (kind === "sink" ? recordsIn : 0), 0);
  return counted === lines.length ? undefined : `${lines.length} lines are published, and its sinks are said to have had ${counted}`;
}
