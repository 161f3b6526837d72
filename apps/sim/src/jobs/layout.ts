import { apart } from "../world/apart.ts";

/** How the input of a job lies in its files, and when it comes there. */
export interface Layout {
  /** Files are cut into ranges of so many bytes, which are read side by side; undefined: they are not. */
  readonly splitBytes?: number;
  /** The job looks for files that come while it runs; undefined: all are there before it. */
  readonly arrivals?: Arrivals;
}

export interface Arrivals {
  /** How often the job looks. */
  readonly everyMs: number;
  /** When each file comes, in time since the world began; 0: it is there before. Ascending: event time goes on from one to the next. */
  readonly atMs: readonly number[];
}

/** Files lie there whole, from the beginning on. */
export const wholeFiles: Layout = {};

/** Drawn apart from all else. */
export function drawLayout(seed: number, files: number): Layout {
  return { ...drawRanges(seed), ...drawArrivals(seed, files) };
}

function drawRanges(seed: number): Pick<Layout, "splitBytes"> {
  const chance = apart(seed, "ranges");
  return chance.oneIn(3) ? { splitBytes: chance.pick([chance.between(10, 100), chance.between(100, 2_000)]) } : {};
}

function drawArrivals(seed: number, files: number): Pick<Layout, "arrivals"> {
  const chance = apart(seed, "arrivals");
  if (!chance.oneIn(3)) return {};
  const everyMs = chance.between(1, 60);
  const gapsMs = chance.pick([2, 50, 400]);
  const present = chance.below(files + 1);
  let nowMs = 0;
  const atMs = Array.from({ length: files }, (_, index) => {
    if (index >= present) nowMs += chance.below(gapsMs);
    return nowMs;
  });
  return { arrivals: { everyMs, atMs } };
}

/** For a seed's story. */
export function toldOfLayout({ splitBytes, arrivals }: Layout): string[] {
  return [
    ...(splitBytes === undefined ? [] : [`files are cut into ranges of ${splitBytes} bytes`]),
    ...(arrivals === undefined ? [] : [`files come: ${JSON.stringify(arrivals)}`]),
  ];
}
