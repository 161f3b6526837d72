import type { Branch } from "../jobs/branch.ts";

/** A line of a branch → the event time by whose watermark it must have been written; undefined: nobody can tell. */
export type Due = (line: string) => number | undefined;

/** A number that stands in the line, and so much later. `index` counts words, from the end when negative. */
export function dueAt(index: number, laterMs = 0): Due {
  return (line) => Number(line.split(" ").at(index)) + laterMs;
}

/** The latest time of the readings that are shown in the line (`sensor time value`, joined by anything), and so much later. */
export function dueAfterReadings(laterMs: number): Due {
  return (line) => Math.max(...[...line.matchAll(/\bs\d+ (-?\d+) /g)].map(([, at]) => Number(at))) + laterMs;
}

export interface DueLine {
  readonly line: string;
  readonly at: number;
}

/** The lines of which it is known when they must be there, in the order of that. `lines`: as they are published, each a JSON string. */
export function dueLines(branches: readonly Branch[], lines: readonly string[]): readonly DueLine[] {
  const byName = new Map(branches.flatMap((branch) => (branch.lineNames ?? [branch.name]).map((name) => [name, branch] as const)));
  const due = lines.flatMap((text): DueLine[] => {
    const line = JSON.parse(text) as string;
    const at = byName.get(line.split(" ", 1)[0] ?? "")?.due?.(line);
    return at === undefined || !Number.isFinite(at) ? [] : [{ line, at }];
  });
  return due.sort((a, b) => a.at - b.at);
}
