import type { Random } from "@millrace/core";
import type { Bytes } from "../batch/batch-builder.ts";

/** Kafka's murmur2 of a key's first `length` bytes, as its clients choose partitions by; a signed 32-bit number. */
export function murmur2(key: Uint8Array, length: number = key.length): number {
  const multiplier = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = (key[at] as number) | ((key[at + 1] as number) << 8) | ((key[at + 2] as number) << 16) | ((key[at + 3] as number) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    word = Math.imul(word, multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = length - whole;
  if (rest > 2) hash ^= (key[whole + 2] as number) << 16;
  if (rest > 1) hash ^= (key[whole + 1] as number) << 8;
  if (rest > 0) hash = Math.imul(hash ^ (key[whole] as number), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

export function partitionOfKey(key: Uint8Array | string, partitions: number): number {
  return (hashOf(key) & 0x7fff_ffff) % partitions;
}

const scratch = Buffer.alloc(64);

function hashOf(key: Uint8Array | string): number {
  if (typeof key !== "string") return murmur2(key, key.length);
  if (key.length * 3 > scratch.length) return hashOf(Buffer.from(key));
  return murmur2(scratch, scratch.write(key, 0, "utf8"));
}

/**
 * Chooses as Kafka's default partitioner does: by the key's hash, and records without a key stay with one partition until
 * about a batch of them is there, so that batches fill.
 */
export class DefaultPartitioner {
  readonly #random: Random;
  readonly #stickyBytes: number;
  #sticky = -1;
  #bytes = 0;

  constructor(random: Random, stickyBytes: number) {
    this.#random = random;
    this.#stickyBytes = stickyBytes;
  }

  choose(key: Bytes, valueBytes: number, partitions: number): number {
    if (key !== null) return partitionOfKey(key, partitions);
    if (this.#sticky < 0 || this.#sticky >= partitions || this.#bytes >= this.#stickyBytes) {
      this.#sticky = this.#random.uint32() % partitions;
      this.#bytes = 0;
    }
    this.#bytes += valueBytes;
    return this.#sticky;
  }
}
