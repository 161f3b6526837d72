import { compareBytes } from "./byte-order.ts";
import type { Frames } from "./frames.ts";

/** A source of records in the order of their keys. */
export interface MergeInput {
  readonly frames: Frames;
  step(): boolean;
  fill(): Promise<boolean>;
}

/**
 * Goes over the records of several inputs in the order of their keys, each key once: of equal keys the one of the newest
 * input, which is the last, stands. Inputs are few, so the least is found by looking at each.
 */
export async function mergeRecords(inputs: readonly MergeInput[], visit: (frames: Frames) => Promise<void> | undefined): Promise<void> {
  const live: MergeInput[] = [];
  for (const input of inputs) if (await input.fill()) live.push(input);
  while (live.length > 0) {
    const least = indexOfLeast(live);
    const chosen = (live[least] as MergeInput).frames;
    const waiting = visit(chosen);
    if (waiting !== undefined) await waiting;
    for (let index = live.length - 1; index >= 0; index--) {
      const input = live[index] as MergeInput;
      if (index !== least && !sameKey(input.frames, chosen)) continue;
      // The chosen one steps last: the others are compared with its key.
      if (index !== least && !input.step() && !(await input.fill())) live.splice(index, 1);
    }
    const at = live.findIndex((input) => input.frames === chosen);
    const input = live[at] as MergeInput;
    if (!input.step() && !(await input.fill())) live.splice(at, 1);
  }
}

function indexOfLeast(inputs: readonly { readonly frames: Frames }[]): number {
  let least = 0;
  for (let index = 1; index < inputs.length; index++) {
    if (order((inputs[index] as MergeInput).frames, (inputs[least] as MergeInput).frames) <= 0) least = index;
  }
  return least;
}

function sameKey(a: Frames, b: Frames): boolean {
  return a.keyEnd - a.keyAt === b.keyEnd - b.keyAt && order(a, b) === 0;
}

function order(a: Frames, b: Frames): number {
  return compareBytes(a.bytes, a.keyAt, a.keyEnd, b.bytes, b.keyAt, b.keyEnd);
}
