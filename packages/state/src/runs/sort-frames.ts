import type { KeyGroupRange } from "@millrace/contracts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { compareBytes } from "./byte-order.ts";
import { Frames } from "./frames.ts";

/** Frames of one piece of memory in the order of their keys, each key once. */
export interface SortedFrames {
  readonly bytes: Uint8Array;
  /** Where each frame begins. */
  readonly starts: Uint32Array;
}

/**
 * Puts whole frames in order; of equal keys the last one stands. Those outside `keyGroups`, and headers, are left out. First
 * they are dealt by key group, since that is where keys begin, then each key group is sorted for itself.
 */
export function sortFrames(bytes: Uint8Array, keyGroups: KeyGroupRange): SortedFrames {
  const groups = keyGroups.end - keyGroups.start + 1;
  const counts = new Uint32Array(groups + 1);
  const all = new Frames(bytes);
  let ordered = true;
  let frames = 0;
  // The key groups that are there: what is done for each is done for these alone.
  let first = groups;
  let last = -1;
  let lastAt = 0;
  let lastEnd = 0;
  while (all.step()) {
    const group = groupOf(all, keyGroups);
    if (group < 0) continue;
    if (ordered && frames > 0 && compareBytes(bytes, lastAt, lastEnd, bytes, all.keyAt, all.keyEnd) >= 0) ordered = false;
    lastAt = all.keyAt;
    lastEnd = all.keyEnd;
    counts[group + 1] = (counts[group + 1] as number) + 1;
    if (group < first) first = group;
    if (group > last) last = group;
    frames++;
  }
  for (let group = first + 1; group <= last + 1; group++) counts[group] = (counts[group] as number) + (counts[group - 1] as number);
  const starts = new Uint32Array(frames);
  const next = counts.slice();
  all.restart(bytes, bytes.length);
  while (all.step()) {
    const group = groupOf(all, keyGroups);
    if (group < 0) continue;
    const place = next[group] as number;
    starts[place] = all.frameAt;
    next[group] = place + 1;
  }
  if (ordered) return { bytes, starts };
  for (let group = first; group <= last; group++) sortGroup(bytes, starts.subarray(counts[group], counts[group + 1]));
  return { bytes, starts: withoutDoubles(bytes, starts) };
}

/** −1: not to be taken. */
function groupOf({ bytes, keyAt, keyEnd }: Frames, { start, end }: KeyGroupRange): number {
  if (keyEnd === keyAt) return -1;
  const keyGroup = keyGroupOfRecord(bytes, keyAt);
  return keyGroup < start || keyGroup > end ? -1 : keyGroup - start;
}

/** Sorts by key, then by place, so that of equal keys the last one stays last. */
function sortGroup(bytes: Uint8Array, starts: Uint32Array): void {
  const a = new Frames(bytes);
  const b = new Frames(bytes);
  starts.sort((left, right) => {
    a.restart(bytes, bytes.length, left);
    b.restart(bytes, bytes.length, right);
    a.step();
    b.step();
    return compareBytes(bytes, a.keyAt, a.keyEnd, bytes, b.keyAt, b.keyEnd) || left - right;
  });
}

function withoutDoubles(bytes: Uint8Array, starts: Uint32Array): Uint32Array {
  const a = new Frames(bytes);
  const b = new Frames(bytes);
  let kept = 0;
  for (let index = 0; index < starts.length; index++) {
    const next = starts[index + 1];
    if (next !== undefined) {
      a.restart(bytes, bytes.length, starts[index]);
      b.restart(bytes, bytes.length, next);
      a.step();
      b.step();
      if (compareBytes(bytes, a.keyAt, a.keyEnd, bytes, b.keyAt, b.keyEnd) === 0) continue;
    }
    starts[kept++] = starts[index] as number;
  }
  return starts.subarray(0, kept);
}

/** The sorted frames as an input of a merge. */
export class SortedInput {
  readonly frames: Frames;
  readonly #sorted: SortedFrames;
  #next = 0;

  constructor(sorted: SortedFrames) {
    this.#sorted = sorted;
    this.frames = new Frames(sorted.bytes);
  }

  step(): boolean {
    const start = this.#sorted.starts[this.#next++];
    if (start === undefined) return false;
    this.frames.restart(this.#sorted.bytes, this.#sorted.bytes.length, start);
    return this.frames.step();
  }

  async fill(): Promise<boolean> {
    return this.step();
  }
}
