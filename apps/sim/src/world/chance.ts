import type { Random } from "@millrace/core";

/** Choices that a seed makes. */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return this.#random.uint32() % limit;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** `count` different ones, or all, in a random order. */
  distinct<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.below(left.length), 1)[0] as T);
  }

  /** From 1 to `most`, small numbers as likely as large ones: uniform in the logarithm. */
  scale(most: number): number {
    return Math.floor(Math.exp((this.#random.uint32() / 2 ** 32) * Math.log(most + 1)));
  }
}
