import { KeyFilter } from "./key-filter.ts";

const PART = 1 << 16;

/** Hashes of keys that come before it is known how many they are; a filter is made for so many. */
export class KeyHashes {
  readonly #full: Uint32Array[] = [];
  #part = new Uint32Array(PART);
  #length = 0;

  add(hash: number): void {
    if (this.#length === PART) {
      this.#full.push(this.#part);
      this.#part = new Uint32Array(PART);
      this.#length = 0;
    }
    this.#part[this.#length++] = hash;
  }

  filter(): KeyFilter {
    const filter = KeyFilter.for(this.#full.length * PART + this.#length);
    for (const part of this.#full) for (const hash of part) filter.add(hash);
    for (let index = 0; index < this.#length; index++) filter.add(this.#part[index] as number);
    return filter;
  }
}
