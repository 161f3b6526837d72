import { KeyFilter } from "./key-filter.ts";
import { grown } from "./places.ts";

/** Most runs are small. */
const FIRST_ROOM = 64;

/** Hashes of keys that come before it is known how many they are; a filter is made for so many. */
export class KeyHashes {
  #hashes: Uint32Array = new Uint32Array(FIRST_ROOM);
  #length = 0;

  add(hash: number): void {
    if (this.#length === this.#hashes.length) this.#hashes = grown(this.#hashes);
    this.#hashes[this.#length++] = hash;
  }

  filter(): KeyFilter {
    const filter = KeyFilter.for(this.#length);
    for (let index = 0; index < this.#length; index++) filter.add(this.#hashes[index] as number);
    return filter;
  }
}
