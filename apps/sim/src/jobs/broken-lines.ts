import { outputTag } from "millrace";
import type { BadInputRecord } from "millrace/files";
import { apart } from "../world/apart.ts";
import { type Branch, exactly } from "./branch.ts";
import type { Reading } from "./reading.ts";

/** Where lines go that can't be read. */
export const broken = outputTag<BadInputRecord>("broken");

/** A broken line stands behind every so many readings of a file; undefined: nowhere. Drawn apart from all else. */
export function drawBrokenEvery(seed: number): number | undefined {
  const chance = apart(seed, "brokenLines");
  return chance.oneIn(4) ? chance.between(1, 20) : undefined;
}

/** The lines of an input file. */
export function inputLines(file: number, readings: readonly Reading[], brokenEvery: number | undefined): string[] {
  return readings.flatMap((reading, index) => {
    const isBroken = brokenEvery !== undefined && (index + 1) % brokenEvery === 0;
    return [JSON.stringify(reading), ...(isBroken ? [brokenLine(file, index)] : [])];
  });
}

/** What comes out of the source beside its readings: it is built with the source, not from its readings. */
export function brokenBranch(input: readonly (readonly Reading[])[], brokenEvery: number): Branch {
  const expected = input.flatMap((readings, file) =>
    readings.flatMap((_, index) => ((index + 1) % brokenEvery === 0 ? [brokenLine(file, index)] : [])),
  );
  return { name: "broken", ordered: false, build: () => [], judge: exactly("broken", () => expected) };
}

function brokenLine(file: number, index: number): string {
  return `broken ${file} ${index}`;
}
