/** So many runs of about one size are merged into one. */
const RUNS_OF_A_LEVEL = 6;
/** Runs up to this size are of one level, however small. */
const LEVEL_BYTES_MIN = 8 << 20;
/** What lies over the oldest run may be so many times as large; then all become one, lest overwritten records fill the disk. */
const OVER_OLDEST_MAX = 3;

/** Which runs to merge: from `first` to `last`, neighbours; undefined: none. */
export interface Compaction {
  readonly first: number;
  readonly last: number;
}

/**
 * Size-tiered compaction. `bytes`: the sizes of an operator's runs, oldest first. A record is merged about once for each level
 * that the state is high, and a look-up asks the filters of a few runs for each level.
 */
export function decideCompaction(bytes: readonly number[]): Compaction | undefined {
  const oldest = bytes[0];
  if (oldest === undefined) return undefined;
  const total = bytes.reduce((sum, each) => sum + each, 0);
  if (bytes.length > 2 && total - oldest > oldest * OVER_OLDEST_MAX && total - oldest > LEVEL_BYTES_MIN) {
    return { first: 0, last: bytes.length - 1 };
  }
  // A small run below larger ones counts as large as they: it can only be merged with them.
  let last = bytes.length - 1;
  let level = levelOf(bytes[last] as number);
  for (let first = last; first >= 0; first--) {
    const next = first === 0 ? Number.POSITIVE_INFINITY : levelOf(bytes[first - 1] as number);
    if (next <= level) continue;
    if (last - first + 1 >= RUNS_OF_A_LEVEL) return { first, last };
    last = first - 1;
    level = next;
  }
  return undefined;
}

function levelOf(bytes: number): number {
  return bytes <= LEVEL_BYTES_MIN ? 0 : Math.floor(Math.log(bytes / LEVEL_BYTES_MIN) / Math.log(RUNS_OF_A_LEVEL));
}
