import type { Key } from "@millrace/contracts";
import { checkKey, keyGroupOf, subtaskOf } from "@millrace/core";

/** Integer keys whose subtask is remembered; a power of two. */
const REMEMBERED = 4_096;

/** At first the integer in each place is one that belongs to another. */
const nobody = Int32Array.from({ length: REMEMBERED }, (_, place) => place ^ 1);

/**
 * Which subtask a key goes to. The hash of a key is a chain of some sixty dependent steps of the processor, so the
 * subtasks of the integers seen last are kept: in a table with one place for each, by their lowest bits.
 */
export class KeyRouter {
  readonly #maxParallelism: number;
  /** By key group. */
  readonly #subtasks: Uint16Array;
  /** The integer in each place. */
  readonly #integers = nobody.slice();
  readonly #subtasksOfIntegers = new Uint16Array(REMEMBERED);

  constructor(maxParallelism: number, parallelism: number) {
    this.#maxParallelism = maxParallelism;
    this.#subtasks = new Uint16Array(maxParallelism);
    for (let group = 0; group < maxParallelism; group++) this.#subtasks[group] = subtaskOf(group, maxParallelism, parallelism);
  }

  /** Throws STATE_KEY for what can't be a key. */
  subtaskOf(key: Key): number {
    if (typeof key !== "number" || (key | 0) !== key) return this.#subtasks[keyGroupOf(checkKey(key), this.#maxParallelism)] as number;
    const place = key & (REMEMBERED - 1);
    if (this.#integers[place] === key) return this.#subtasksOfIntegers[place] as number;
    const subtask = this.#subtasks[keyGroupOf(key, this.#maxParallelism)] as number;
    this.#integers[place] = key;
    this.#subtasksOfIntegers[place] = subtask;
    return subtask;
  }
}
