import type { PrimitiveKey } from "@millrace/core";

/** Characters of a key that its hash looks at: those at the end, where ids differ. */
const HASHED_CHARACTERS = 8;

/** A 32-bit hash of a timer's time and key; quick rather than perfect. */
export function timerHash(time: number, mapKey: PrimitiveKey): number {
  let hash = Math.imul(time | 0, 0x9e3779b1) ^ keyHash(mapKey);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function keyHash(key: PrimitiveKey): number {
  switch (typeof key) {
    case "number":
      return (key | 0) === key ? Math.imul(key, 0xc2b2ae35) : Math.imul((key * 8_191) | 0, 0xc2b2ae35);
    case "string": {
      let hash = key.length;
      for (let at = Math.max(0, key.length - HASHED_CHARACTERS); at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
      return Math.imul(hash, 0xc2b2ae35);
    }
    case "bigint":
      return Math.imul(Number(BigInt.asIntN(32, key)), 0xc2b2ae35);
    default:
      return key ? 1 : 0;
  }
}
