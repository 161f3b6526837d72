import type { Frames } from "./frames.ts";
import { HeadHeap } from "./head-heap.ts";
import { MergeHead, type MergeInput } from "./merge-head.ts";

type Visit = (frames: Frames) => Promise<void> | undefined;

/** Of more inputs than this the least is found by a heap; of fewer, looking at each is quicker. */
const LOOKED_AT_MAX = 8;

/**
 * Goes over the records of several inputs in the order of their keys, each key once: of equal keys the one of the newest
 * input, which is the last, stands.
 */
export async function mergeRecords(inputs: readonly MergeInput[], visit: Visit): Promise<void> {
  const heads: MergeHead[] = [];
  for (const [age, input] of inputs.entries()) {
    if (!(await input.fill())) continue;
    const head = new MergeHead(input, age);
    head.look();
    heads.push(head);
  }
  if (heads.length > LOOKED_AT_MAX) await mergeMany(new HeadHeap(heads), visit);
  else await mergeFew(heads, visit);
}

async function mergeFew(heads: MergeHead[], visit: Visit): Promise<void> {
  while (heads.length > 0) {
    let least = 0;
    let equals = 0;
    for (let index = 1; index < heads.length; index++) {
      const order = (heads[index] as MergeHead).compare(heads[least] as MergeHead);
      if (order > 0) continue;
      equals = order === 0 ? equals + 1 : 0;
      least = index;
    }
    const chosen = heads[least] as MergeHead;
    const waiting = visit(chosen.input.frames);
    if (waiting !== undefined) await waiting;
    // The chosen one steps last: the others are compared with its key.
    for (let index = least - 1; equals > 0; index--) {
      const head = heads[index] as MergeHead;
      if (head.compare(chosen) !== 0) continue;
      equals--;
      if (head.input.step() || (await head.input.fill())) head.look();
      else least -= heads.splice(index, 1).length;
    }
    if (chosen.input.step() || (await chosen.input.fill())) chosen.look();
    else heads.splice(least, 1);
  }
}

async function mergeMany(heap: HeadHeap, visit: Visit): Promise<void> {
  while (heap.size > 0) {
    const { first } = heap;
    const waiting = visit(first.input.frames);
    if (waiting !== undefined) await waiting;
    if (heap.firstIsAlone) {
      if (first.input.step() || (await first.input.fill())) first.look();
      else heap.drop();
      heap.sink();
      continue;
    }
    // The chosen one steps last here, too; out of the heap, so that the others come up.
    heap.drop();
    heap.sink();
    while (heap.size > 0 && heap.first.compare(first) === 0) {
      if (heap.first.input.step() || (await heap.first.input.fill())) heap.first.look();
      else heap.drop();
      heap.sink();
    }
    if (!first.input.step() && !(await first.input.fill())) continue;
    first.look();
    heap.add(first);
  }
}
