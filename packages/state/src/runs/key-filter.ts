import { fmix32 } from "@millrace/core";

/** Bits for each key: about one look-up in a hundred for a key that is not there goes on to the file. */
const BITS_PER_KEY = 12;
const PROBES = 6;
/** A group of bits is one line of the processor's cache, so that a look-up waits for memory once. */
const GROUP_WORDS = 16;

/** A 32-bit hash of a key's bytes: FNV-1a, then MurmurHash3's finalizer, since keys often differ in their last bits only. */
export function hashOfKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return fmix32(hash) >>> 0;
}

/** Tells most keys that are not in a run without reading it: a Bloom filter in groups (Putze, Sanders, Singler 2007). */
export class KeyFilter {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly #groups: number;

  constructor(words: Uint32Array<ArrayBuffer>) {
    this.words = words;
    this.#groups = words.length / GROUP_WORDS;
  }

  /** An empty filter with room for so many keys. */
  static for(keys: number): KeyFilter {
    const groups = Math.max(1, Math.ceil((keys * BITS_PER_KEY) / (GROUP_WORDS * 32)));
    return new KeyFilter(new Uint32Array(groups * GROUP_WORDS));
  }

  add(hash: number): void {
    const group = this.#groupOf(hash);
    let bits = remixed(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      const word = group + ((bits >>> 5) & (GROUP_WORDS - 1));
      this.words[word] = (this.words[word] as number) | (1 << (bits & 31));
      bits = Math.imul(bits, 0x9e3779b1) ^ (bits >>> 15);
    }
  }

  /** False: the key is certainly not there. */
  mayHold(hash: number): boolean {
    const group = this.#groupOf(hash);
    let bits = remixed(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      const word = this.words[group + ((bits >>> 5) & (GROUP_WORDS - 1))] as number;
      if ((word & (1 << (bits & 31))) === 0) return false;
      bits = Math.imul(bits, 0x9e3779b1) ^ (bits >>> 15);
    }
    return true;
  }

  #groupOf(hash: number): number {
    return Math.floor((hash / 2 ** 32) * this.#groups) * GROUP_WORDS;
  }
}

function remixed(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 12);
}
