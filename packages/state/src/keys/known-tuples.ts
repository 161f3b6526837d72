import type { PrimitiveKey } from "@millrace/core";
import { textHash } from "./text-hash.ts";

/** Rows of two tuples each; fewer for tuples of many parts. */
const ROWS_MAX = 32_768;
/** Map keys and parts together: 2 MB. */
const VALUES_MAX = 1 << 18;
/** No longer text stands for a tuple that is remembered: when all places are taken by such, these are 13 MB, or 26 past Latin-1. */
const TEXT_UNITS_MAX = 96;

/**
 * Tuples that came lately, with what stands for them. To find that again by the parts takes a few comparisons; to join the
 * parts to a text anew makes one that has to be hashed and compared at every access to state. Which tuples are known has no
 * influence on anything but time.
 */
export class KnownTuples {
  readonly #parts: number;
  readonly #step: number;
  /** A power of two. */
  readonly #rows: number;
  /** Of each place the map key and behind it the parts: side by side, since a tuple and its parts would be two lines of the processor's cache more. */
  readonly #places: (PrimitiveKey | undefined)[];

  /** `parts`: how many each tuple has. */
  constructor(parts: number) {
    this.#parts = parts;
    this.#step = parts + 1;
    this.#rows = 1;
    while (this.#rows < ROWS_MAX && this.#rows * 4 * this.#step <= VALUES_MAX) this.#rows *= 2;
    this.#places = new Array<PrimitiveKey | undefined>(this.#rows * 2 * this.#step).fill(undefined);
  }

  /** undefined: it is not known. −0 is found as 0. */
  mapKeyOf(tuple: readonly PrimitiveKey[]): PrimitiveKey | undefined {
    if (tuple.length !== this.#parts) return undefined;
    const at = this.#rowOf(tuple);
    if (this.#isAt(at, tuple)) return this.#places[at];
    return this.#isAt(at + this.#step, tuple) ? this.#places[at + this.#step] : undefined;
  }

  /** Whether it is short enough to be remembered. */
  takes(mapKey: string): boolean {
    return mapKey.length <= TEXT_UNITS_MAX;
  }

  /** Both are kept, in the place of the older one of their row. */
  remember(tuple: readonly PrimitiveKey[], mapKey: PrimitiveKey): void {
    const places = this.#places;
    const at = this.#rowOf(tuple);
    places.copyWithin(at + this.#step, at, at + this.#step);
    places[at] = mapKey;
    for (let part = 0; part < this.#parts; part++) places[at + 1 + part] = tuple[part];
  }

  /** Where its first place begins. */
  #rowOf(tuple: readonly PrimitiveKey[]): number {
    return (hashOf(tuple) & (this.#rows - 1)) * 2 * this.#step;
  }

  #isAt(at: number, tuple: readonly PrimitiveKey[]): boolean {
    for (let part = 0; part < this.#parts; part++) if (this.#places[at + 1 + part] !== tuple[part]) return false;
    return true;
  }
}

/** Of numbers and texts. A tuple with a longer text than those that are remembered has any. */
function hashOf(tuple: readonly PrimitiveKey[]): number {
  let hash = tuple.length;
  for (let index = 0; index < tuple.length; index++) {
    const part = tuple[index];
    if (typeof part === "number") hash = Math.imul(hash ^ ((part | 0) === part ? part : part ^ (part / 2 ** 32)), 0x9e3779b1);
    else if (typeof part === "string" && part.length <= TEXT_UNITS_MAX) hash = textHash(part, hash);
  }
  return hash ^ (hash >>> 15);
}
