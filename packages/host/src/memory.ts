export interface MemoryShares {
  /** Keyed state in memory, as estimated encoded bytes. */
  readonly cacheBytes: number;
}

const defaultMemoryBytes = 1 << 30;
/** A value in memory takes several times the bytes of its encoding. */
const heapPerEncodedByte = 6;

/** How `--memory` is split in each thread: half for the cache of keyed state, the rest for records and code. */
export function memoryShares(memoryBytes: number = defaultMemoryBytes, threads = 1): MemoryShares {
  const each = memoryBytes / threads;
  return { cacheBytes: Math.floor(each / 2 / heapPerEncodedByte) };
}
