const FIRST_GUESS_BYTES = 64;
/** The weight of one more observation. */
const WEIGHT = 1 / 16;
const EARLY_WRITES = 16;
const SAMPLED_MASK = 63;

/** Estimates the encoded bytes that the entries of one table take in memory, from the sizes seen so far. */
export class Footprint {
  /** Entries whose values are in memory. */
  entries = 0;
  averageBytes = FIRST_GUESS_BYTES;
  #writes = 0;
  #observed = false;

  get bytes(): number {
    return this.entries * this.averageBytes;
  }

  observe(bytes: number): void {
    this.averageBytes = this.#observed ? this.averageBytes + (bytes - this.averageBytes) * WEIGHT : bytes;
    this.#observed = true;
  }

  /** True for the first writes and for every 64th: those are encoded at once, for their size and to refuse what can't be encoded. */
  samples(): boolean {
    const write = this.#writes++;
    return write < EARLY_WRITES || (write & SAMPLED_MASK) === 0;
  }
}
