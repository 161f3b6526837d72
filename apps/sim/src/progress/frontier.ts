import { limits, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import type { Reading } from "../jobs/reading.ts";

/** What one split has handed over: so many of these readings. */
interface SplitFrontier {
  readonly readings: readonly Reading[];
  count: number;
}

/**
 * How far event time must have come behind one reader, told by what it has handed over (law T4): a split's watermark follows its
 * records after every `limits.watermarkEveryRecords` of them, and all of them once it is quiet or at its end; the reader's is the least of its splits.
 * What was reached before a restore is not known here, so it may in truth have come further.
 */
export class ReaderFrontier {
  readonly #disorderMs: number;
  readonly #splits = new Map<string, SplitFrontier>();
  #reached = WATERMARK_MIN;

  constructor(disorderMs: number) {
    this.#disorderMs = disorderMs;
  }

  /** Whether it has anything to read: one that has not holds nobody back. */
  get isEmpty(): boolean {
    return this.#splits.size === 0;
  }

  get splits(): readonly string[] {
    return [...this.#splits.keys()];
  }

  /** The split that is being read: one after the other, in the order in which they came. */
  get current(): string | undefined {
    return this.#splits.keys().next().value;
  }

  /** `count`: records that have been read of it. */
  add(id: string, readings: readonly Reading[], count: number): void {
    this.#splits.set(id, { readings, count });
    this.#advance(this.#regular());
  }

  collected(id: string): void {
    const split = this.#splits.get(id) as SplitFrontier;
    split.count++;
    if (split.count % limits.watermarkEveryRecords === 0) this.#advance(this.#regular());
  }

  finished(id: string): void {
    const rest = [...this.#splits].filter(([other]) => other !== id).map(([, split]) => this.#watermarkOf(split, regularCount(split)));
    const split = this.#splits.get(id) as SplitFrontier;
    this.#advance(Math.min(this.#watermarkOf(split, split.count), ...rest));
    this.#splits.delete(id);
  }

  /** `quiet`: it has handed over nothing for so long that what it has seen counts at once. */
  watermark(quiet: boolean): number {
    if (this.isEmpty) return WATERMARK_MAX;
    const now = quiet ? Math.min(...[...this.#splits.values()].map((split) => this.#watermarkOf(split, split.count))) : this.#regular();
    return Math.max(this.#reached, now);
  }

  /** Of its splits the one that is furthest behind, by the watermarks that they have told. */
  get leastOfSplits(): number {
    return this.#regular();
  }

  #regular(): number {
    return Math.min(...[...this.#splits.values()].map((split) => this.#watermarkOf(split, regularCount(split))));
  }

  #advance(watermark: number): void {
    this.#reached = Math.max(this.#reached, watermark);
  }

  /** Of its first `count` readings. */
  #watermarkOf({ readings }: SplitFrontier, count: number): number {
    let most = WATERMARK_MIN;
    for (let index = 0; index < count; index++) most = Math.max(most, (readings[index] as Reading).at - this.#disorderMs - 1);
    return most;
  }
}

function regularCount({ count }: SplitFrontier): number {
  return count - (count % limits.watermarkEveryRecords);
}
