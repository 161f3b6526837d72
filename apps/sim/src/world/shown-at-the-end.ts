import { WATERMARK_MAX } from "@millrace/core";
import type { JobHandle } from "millrace";

/** What the status of a job whose input has ended says of event time and should not; undefined: nothing. */
export function timeShownAtTheEnd(handle: JobHandle): string | undefined {
  const behind = handle.status().operators.find(({ watermark }) => watermark !== undefined && watermark !== WATERMARK_MAX);
  return behind === undefined ? undefined : `it has finished, and ${behind.uid} is shown at the watermark ${behind.watermark}`;
}

/** How many records its sinks have had, as its status says; undefined: counters did not begin with the job, but with an attempt. */
export function recordsShown(handle: JobHandle | undefined, rescaled: boolean): number | undefined {
  if (handle === undefined) return undefined;
  const { operators, restarts } = handle.status();
  if (restarts > 0 || rescaled || handle.resumedFrom !== undefined) return undefined;
  return operators.reduce((sum, { kind, recordsIn }) => sum + (kind === "sink" ? recordsIn : 0), 0);
}
