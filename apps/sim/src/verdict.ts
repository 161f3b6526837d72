import type { Branch } from "./jobs/branch.ts";
import type { Reading } from "./jobs/reading.ts";
import { lineDifference } from "./line-difference.ts";
import type { Life } from "./world/life.ts";
import type { published } from "./world/published.ts";

/** What is wrong with what was published, when `expected` comes where nothing goes wrong; undefined: nothing. `racing`: branches that are judged, not compared; `again`: what may have come before somebody went back. */
export function verdict(
  input: readonly Reading[],
  racing: readonly Branch[],
  expected: readonly string[],
  { lines, leftovers }: Awaited<ReturnType<typeof published>>,
  lives: readonly Life[],
  again: readonly string[],
): string | undefined {
  const isCompared = (text: string): boolean => racing.length === 0 || !racing.some((branch) => isOf(branch, JSON.parse(text) as string));
  const { lost, extra: more } = lineDifference(expected.filter(isCompared), lines.filter(isCompared));
  const hasGoneBack = lives.some(({ wentBack }) => wentBack === true);
  const known = new Set(hasGoneBack ? [...expected, ...again] : []);
  const extra = more.filter((line) => !known.has(line));
  if (lost.length > 0 || extra.length > 0) {
    return `${lost.length} lines lost, e.g. ${JSON.stringify(lost.slice(0, 3))}; ${extra.length} too many, e.g. ${JSON.stringify(extra.slice(0, 3))}`;
  }
  const sunk = lives.at(-1)?.sunk ?? lines.length;
  if (sunk !== lines.length) return `${lines.length} lines are published, and the sinks are said to have had ${sunk} records`;
  if (leftovers.length > 0 && !mayLeaveFiles(lives)) return `files left behind in the output: ${leftovers.join(", ")}`;
  // What is published again is there more often than in the input.
  return hasGoneBack ? undefined : judgement(input, racing, lines);
}

/** What plain loops over the input say of the lines of these branches. */
export function judgement(input: readonly Reading[], branches: readonly Branch[], lines: readonly string[]): string | undefined {
  const own = new Map(branches.map((branch) => [branch, [] as string[]]));
  for (const text of lines) {
    const line = JSON.parse(text) as string;
    for (const branch of branches) if (isOf(branch, line)) own.get(branch)?.push(line);
  }
  for (const [branch, its] of own) {
    const wrong = branch.judge?.(input, its);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** A run leaves the hidden files of the one whose savepoint it was started from: that one could be started again. */
function mayLeaveFiles(lives: readonly Life[]): boolean {
  return lives.some(({ newRun }) => newRun === true);
}

function isOf({ name, lineNames = [name] }: Branch, line: string): boolean {
  const end = line.indexOf(" ");
  return lineNames.includes(end < 0 ? line : line.slice(0, end));
}
