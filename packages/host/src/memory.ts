/** How the memory of a job is shared out; bytes of each thread, but for the first. */
export interface MemoryShares {
  readonly memoryBytes: number;
  readonly threads: number;
  /** Keyed state in memory: cached values, changes that wait for a checkpoint. Kept to by estimate. */
  readonly cacheBytes: number;
  /** Filters and keys of blocks of the local store: about 2 bytes a key of the state. Room is left for them, no more. */
  readonly storeBytes: number;
}

const defaultMemoryBytes = 1 << 30;
/** As much again goes to garbage before it is collected. */
const cacheShare = 0.3;
const storeShare = 0.125;

/** How `--memory` is split. */
export function memoryShares(memoryBytes: number = defaultMemoryBytes, threads = 1): MemoryShares {
  const each = memoryBytes / threads;
  return { memoryBytes, threads, cacheBytes: Math.floor(each * cacheShare), storeBytes: Math.floor(each * storeShare) };
}
