import type { PrimitiveKey } from "@millrace/core";

/** Places for tuples, two to a row; a megabyte, and about five more when all are taken. */
const PLACES = 65_536;

/**
 * Tuples that came lately, with what stands for them. To find that again by the parts takes a few comparisons; to join the
 * parts to a text anew makes one that has to be hashed and compared at every access to state. Which tuples are known has no
 * influence on anything but time.
 */
export class KnownTuples {
  readonly #tuples = new Array<readonly PrimitiveKey[] | undefined>(PLACES).fill(undefined);
  readonly #mapKeys = new Array<PrimitiveKey>(PLACES).fill("");

  /** undefined: it is not known. −0 is found as 0. */
  mapKeyOf(tuple: readonly PrimitiveKey[]): PrimitiveKey | undefined {
    const at = placeOf(tuple);
    if (isSame(this.#tuples[at], tuple)) return this.#mapKeys[at];
    return isSame(this.#tuples[at + 1], tuple) ? this.#mapKeys[at + 1] : undefined;
  }

  /** Both are kept, in the place of the older one of their row. */
  remember(tuple: readonly PrimitiveKey[], mapKey: PrimitiveKey): void {
    const at = placeOf(tuple);
    this.#tuples[at + 1] = this.#tuples[at];
    this.#mapKeys[at + 1] = this.#mapKeys[at] as PrimitiveKey;
    this.#tuples[at] = tuple;
    this.#mapKeys[at] = mapKey;
  }
}

function isSame(known: readonly PrimitiveKey[] | undefined, tuple: readonly PrimitiveKey[]): boolean {
  if (known === undefined || known.length !== tuple.length) return false;
  for (let index = 0; index < known.length; index++) if (known[index] !== tuple[index]) return false;
  return true;
}

/** The first place of a row: from numbers, and from a few units of each text, most of them at its end, where texts of one kind differ. */
function placeOf(tuple: readonly PrimitiveKey[]): number {
  let hash = tuple.length;
  for (let index = 0; index < tuple.length; index++) {
    const part = tuple[index];
    if (typeof part === "number") hash = Math.imul(hash ^ part, 0x9e3779b1);
    else if (typeof part === "string") hash = textHash(part, hash);
  }
  return ((hash ^ (hash >>> 15)) & (PLACES / 2 - 1)) * 2;
}

function textHash(text: string, before: number): number {
  const { length } = text;
  let hash = Math.imul(before ^ length, 0x85ebca6b);
  if (length === 0) return hash;
  hash ^= text.charCodeAt(0) ^ (text.charCodeAt(length >> 1) << 8);
  for (let at = length > 5 ? length - 5 : 0; at < length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at);
  return Math.imul(hash, 0x9e3779b1);
}
