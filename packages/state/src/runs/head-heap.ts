import type { MergeHead } from "./merge-head.ts";

/** Heads in the order of their keys, of equal keys the newest first: a binary heap. */
export class HeadHeap {
  readonly #heads: MergeHead[] = [];

  constructor(heads: readonly MergeHead[]) {
    for (const head of heads) this.add(head);
  }

  get size(): number {
    return this.#heads.length;
  }

  /** There is one. */
  get first(): MergeHead {
    return this.#heads[0] as MergeHead;
  }

  /** No other one has the key of the first: one that had would be right below it, or below such a one. */
  get firstIsAlone(): boolean {
    return !this.#isLikeFirst(1) && !this.#isLikeFirst(2);
  }

  add(head: MergeHead): void {
    const heads = this.#heads;
    let at = heads.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = heads[(at - 1) >> 1] as MergeHead;
      if (!isBefore(head, parent)) break;
      heads[at] = parent;
    }
    heads[at] = head;
  }

  /** Takes the first out; another one is in its place, and not where it belongs, until `sink`. */
  drop(): void {
    const last = this.#heads.pop() as MergeHead;
    if (this.#heads.length > 0) this.#heads[0] = last;
  }

  /** The first has changed and goes where it belongs. */
  sink(): void {
    const heads = this.#heads;
    const { length } = heads;
    if (length === 0) return;
    const head = heads[0] as MergeHead;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && isBefore(heads[child + 1] as MergeHead, heads[child] as MergeHead)) child++;
      const least = heads[child] as MergeHead;
      if (!isBefore(least, head)) break;
      heads[at] = least;
      at = child;
    }
    heads[at] = head;
  }

  #isLikeFirst(at: number): boolean {
    const head = this.#heads[at];
    return head !== undefined && head.compare(this.first) === 0;
  }
}

function isBefore(a: MergeHead, b: MergeHead): boolean {
  const order = a.compare(b);
  return order < 0 || (order === 0 && a.age > b.age);
}
