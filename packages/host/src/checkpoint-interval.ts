import type { StartOptions } from "./job-handle.ts";

const defaultIntervalMs = 10_000;

/** Between checkpoints; undefined when nothing is kept, so that there is none but the last. */
export function intervalOf(options: StartOptions, storage: unknown): number | undefined {
  return storage === undefined ? undefined : (options.checkpointIntervalMs ?? defaultIntervalMs);
}
