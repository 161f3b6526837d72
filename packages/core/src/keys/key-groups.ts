import { fmix32 } from "../fmix32.ts";
import { limits } from "../limits.ts";
import { type Key, keyHash } from "./java-hash.ts";

/** Flink's MathUtils.murmurHash: spreads a 32-bit hash code; the result is in 0…2^31 − 1. */
export function murmurHash(code: number): number {
  let hash = Math.imul(code, 0xcc9e2d51);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash = fmix32(hash ^ 4);
  // Its absolute value without a branch; that of −2^31, which is none, is 0.
  const sign = hash >> 31;
  return ((hash ^ sign) - sign) & 0x7fff_ffff;
}

/** The key group of a checked key: Flink's KeyGroupRangeAssignment.assignToKeyGroup. */
export function keyGroupOf(key: Key, maxParallelism: number): number {
  return murmurHash(keyHash(key)) % maxParallelism;
}

/** The subtask that owns a key group: KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup. */
export function subtaskOf(keyGroup: number, maxParallelism: number, parallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** The key groups of a subtask, both ends included; `end < start` when it has none. */
export function keyGroupRange(subtask: number, maxParallelism: number, parallelism: number): { readonly start: number; readonly end: number } {
  return {
    start: Math.ceil((subtask * maxParallelism) / parallelism),
    end: Math.floor(((subtask + 1) * maxParallelism - 1) / parallelism),
  };
}

/**
 * The max parallelism that Flink chooses for an operator of that parallelism when none is set: one and a half times as
 * much, rounded up to a power of two, at least 128. A job of Millrace has 720 instead unless told otherwise.
 */
export function defaultMaxParallelism(parallelism: number): number {
  let power = 1;
  while (power < parallelism + Math.floor(parallelism / 2)) power *= 2;
  return Math.min(Math.max(power, 128), limits.maxParallelismMax);
}
