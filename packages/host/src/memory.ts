/** How the memory of a job's threads is shared out, in bytes of each thread. */
export interface MemoryShares {
  /** Keyed state in memory: cached values, changes that wait for a checkpoint. */
  readonly cacheBytes: number;
}

const defaultMemoryBytes = 1 << 30;
/**
 * Of the rest, as much again goes to garbage before it is collected, and an eighth to the indexes of the local store; records, code
 * and the store's thread have what is left.
 */
const cacheShare = 0.3;

/** How `--memory` is split. */
export function memoryShares(memoryBytes: number = defaultMemoryBytes, threads = 1): MemoryShares {
  return { cacheBytes: Math.floor((memoryBytes / threads) * cacheShare) };
}
