import { type Infer, t } from "millrace";
import type { Chance } from "../world/chance.ts";

export const readingCodec = t.object({ sensor: t.string(), at: t.integer(), value: t.integer() });
export type Reading = Infer<typeof readingCodec>;

export interface InputShape {
  readonly files: number;
  readonly records: number;
  readonly sensors: number;
  readonly disorderMs: number;
}

/**
 * The contents of the input files, one going on in time where the other ends, in the order of time but for a disorder that
 * is bounded: a reader takes one file after the other, and nothing is late.
 */
export function drawInput(chance: Chance, { files, records, sensors, disorderMs }: InputShape): Reading[][] {
  return Array.from({ length: files }, (_, file) =>
    Array.from({ length: records }, (_, index) => ({
      sensor: `s${chance.below(sensors)}`,
      at: (file * records + index) * 20 + (disorderMs === 0 ? 0 : chance.below(disorderMs + 1)) - disorderMs,
      value: chance.below(100),
    })),
  );
}

export function show({ sensor, at, value }: Reading): string {
  return `${sensor} ${at} ${value}`;
}
