import { limits } from "@millrace/core";

/**
 * So that dozens of elements do what takes thousands otherwise: maps and lists of a few dozen entries lie in pages that split, merge and
 * leave memory, changes of state fill it, so that sources wait for checkpoints, and files of state are taken in piece by piece, and runs are read from their files.
 */
const tight = {
  pageElementsMax: 4,
  changedStateBytesMin: 2_048,
  asyncCapacityDefault: 3,
  sortedBytesMax: 4_096,
  heldRunBytesMax: 1_024,
} as const satisfies Partial<Record<keyof typeof limits, number>>;

/** Makes limits of the engine small, for this thread. To be called before the engine is loaded, whose modules read them then. */
export function tighten(): void {
  Object.assign(limits, tight);
}
