import type { PrimitiveKey } from "@millrace/core";
import { textHash } from "./text-hash.ts";

/** Places for tuples, two to a row; a megabyte, and about five more when all are taken by short ones. */
const PLACES = 65_536;
/** No longer text stands for a tuple that is remembered: when all places are taken by such, these are 13 MB, or 26 past Latin-1. */
const TEXT_UNITS_MAX = 96;

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

  /** Whether it is short enough to be remembered. */
  takes(mapKey: string): boolean {
    return mapKey.length <= TEXT_UNITS_MAX;
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

/** The first place of a row: from numbers and texts. A tuple with a longer text than those that are remembered has any. */
function placeOf(tuple: readonly PrimitiveKey[]): number {
  let hash = tuple.length;
  for (let index = 0; index < tuple.length; index++) {
    const part = tuple[index];
    if (typeof part === "number") hash = Math.imul(hash ^ ((part | 0) === part ? part : part ^ (part / 2 ** 32)), 0x9e3779b1);
    else if (typeof part === "string" && part.length <= TEXT_UNITS_MAX) hash = textHash(part, hash);
  }
  return ((hash ^ (hash >>> 15)) & (PLACES / 2 - 1)) * 2;
}
