import type { PrimitiveKey } from "@millrace/core";
import { textHash } from "../keys/text-hash.ts";

const float = new Float64Array(1);
const long = new BigInt64Array(float.buffer);
const halves = new Int32Array(float.buffer);

/** A 32-bit hash of a timer's time and key; timers of one time and of keys of one kind are spread over its lower bits. */
export function timerHash(time: number, mapKey: PrimitiveKey): number {
  let hash = Math.imul(time | 0, 0x9e3779b1) ^ keyHash(mapKey);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function keyHash(key: PrimitiveKey): number {
  switch (typeof key) {
    case "number":
      if ((key | 0) === key) return Math.imul(key, 0xc2b2ae35);
      float[0] = key;
      return hashOfHalves();
    case "string":
      return Math.imul(textHash(key, 0), 0xc2b2ae35);
    case "bigint":
      long[0] = key;
      return hashOfHalves();
    default:
      return key ? 1 : 0;
  }
}

/** Of the 64 bits in `halves`: the lower ones of a fraction or of a large number are often 0. */
function hashOfHalves(): number {
  const hash = Math.imul(halves[0] as number, 0x85ebca6b);
  return Math.imul(hash ^ (hash >>> 15) ^ (halves[1] as number), 0xc2b2ae35);
}
