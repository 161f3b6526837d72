import { seededRandom } from "@millrace/core";

/** Random choices that a seed repeats. */
export interface Draw {
  /** From 0, below `limit`. */
  below(limit: number): number;
  boolean(): boolean;
  of<T>(choices: readonly T[]): T;
  /** Some of them, in any order. */
  some<T>(choices: readonly T[], min?: number, max?: number): T[];
}

export function drawFrom(seed: number): Draw {
  const random = seededRandom(seed);
  const below = (limit: number): number => random.uint32() % limit;
  return {
    below,
    boolean: () => below(2) === 1,
    of: (choices) => choices[below(choices.length)] as (typeof choices)[number],
    some(choices, min = 0, max = choices.length) {
      const left = [...choices];
      const size = min + below(Math.min(max, left.length) - min + 1);
      return Array.from({ length: size }, () => left.splice(below(left.length), 1)[0] as (typeof choices)[number]);
    },
  };
}
