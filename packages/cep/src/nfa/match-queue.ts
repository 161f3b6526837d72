import type { PartialMatch } from "./partial-match.ts";

/**
 * Partial matches with the one that began earliest at index 0: a binary heap in an array (Williams, 1964), as Java's
 * PriorityQueue keeps it. The order of the array decides ties between matches that began with the same event.
 */
export function enqueue(queue: PartialMatch[], added: PartialMatch): void {
  let index = queue.length;
  queue.push(added);
  while (index > 0) {
    const parent = (index - 1) >>> 1;
    const above = queue[parent] as PartialMatch;
    if (added.start >= above.start) break;
    queue[index] = above;
    index = parent;
  }
  queue[index] = added;
}

/** Removes and returns the earliest; the queue is not empty. */
export function dequeue(queue: PartialMatch[]): PartialMatch {
  const first = queue[0] as PartialMatch;
  const last = queue.pop() as PartialMatch;
  if (queue.length > 0) sink(queue, 0, last);
  return first;
}

/** Keeps what passes, and hands the rest to `dropped`. */
export function retain(queue: PartialMatch[], keeps: (match: PartialMatch) => boolean, dropped: (match: PartialMatch) => void): void {
  let kept = 0;
  for (const match of queue) {
    if (keeps(match)) queue[kept++] = match;
    else dropped(match);
  }
  if (kept === queue.length) return;
  queue.length = kept;
  for (let index = (kept >>> 1) - 1; index >= 0; index--) sink(queue, index, queue[index] as PartialMatch);
}

function sink(queue: PartialMatch[], from: number, match: PartialMatch): void {
  const half = queue.length >>> 1;
  let index = from;
  while (index < half) {
    let child = 2 * index + 1;
    const right = child + 1;
    if (right < queue.length && (queue[child] as PartialMatch).start > (queue[right] as PartialMatch).start) child = right;
    if (match.start <= (queue[child] as PartialMatch).start) break;
    queue[index] = queue[child] as PartialMatch;
    index = child;
  }
  queue[index] = match;
}
