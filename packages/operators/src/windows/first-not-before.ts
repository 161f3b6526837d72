/**
 * The first index from `from` on, and before `to`, of which `isBefore` does not hold; `to` when it holds of all. Where it does not
 * hold it must not hold of any behind it either: what is searched is in order.
 */
export function firstNotBefore(from: number, to: number, isBefore: (index: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
