const FIRST_GUESS_BYTES = 64;
/** The weight of one more observation. */
const WEIGHT = 1 / 16;
const EARLY_WRITES = 16;
const SAMPLED_MASK = 63;

/**
 * What an entry takes in memory: its slot in the columns, its place in the index and in the list of changes, and its value as
 * objects. Measured with Node 26 (bytes for each of 400,000 entries, with its encoded bytes): small integer 90 (8), float
 * 106 (8), object of three fields 178 (19), text 146 (36), 20 integers 298 (76). Columns that have just grown take more.
 */
const ENTRY_MEMORY_BYTES = 100;
/** The same of an entry that has been removed, until its tombstone is in the local store: its key is kept among those that the store is not asked for. */
export const REMOVED_MEMORY_BYTES = ENTRY_MEMORY_BYTES;
const MEMORY_PER_ENCODED_BYTE = 4;

/** Estimates the bytes that the entries of one table take, from the sizes seen so far. */
export class Footprint {
  /** Entries whose values are in memory. */
  entries = 0;
  averageBytes = FIRST_GUESS_BYTES;
  #writes = 0;
  #observed = false;

  /** Encoded. */
  get bytes(): number {
    return this.entries * this.averageBytes;
  }

  /** As JavaScript's objects. */
  get memoryBytes(): number {
    return this.entries * (ENTRY_MEMORY_BYTES + this.averageBytes * MEMORY_PER_ENCODED_BYTE);
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
