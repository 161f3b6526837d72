import type { KeyGroupRange } from "@millrace/contracts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { Frames } from "./frames.ts";
import { Places } from "./places.ts";

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
  const found = new Places(bytes);
  const all = new Frames(bytes);
  let ordered = true;
  // The key groups that are there: what is done for each is done for these alone.
  let first = groups;
  let last = -1;
  while (all.step()) {
    const group = groupOf(all, keyGroups);
    if (group < 0) continue;
    found.push(all);
    if (ordered && found.count > 1 && found.compare(found.count - 2, found.count - 1) >= 0) ordered = false;
    counts[group + 1] = (counts[group + 1] as number) + 1;
    if (group < first) first = group;
    if (group > last) last = group;
  }
  if (ordered) return { bytes, starts: found.starts.subarray(0, found.count) };
  for (let group = first + 1; group <= last + 1; group++) counts[group] = (counts[group] as number) + (counts[group - 1] as number);
  const next = counts.slice();
  const dealt = found.dealt((keyAt) => {
    const group = keyGroupOfRecord(bytes, keyAt) - keyGroups.start;
    const place = next[group] as number;
    next[group] = place + 1;
    return place;
  });
  for (let group = first; group <= last; group++) dealt.sort(counts[group] as number, counts[group + 1] as number);
  return { bytes, starts: dealt.withoutDoubles() };
}

/** −1: not to be taken. */
function groupOf({ bytes, keyAt, keyEnd }: Frames, { start, end }: KeyGroupRange): number {
  if (keyEnd === keyAt) return -1;
  const keyGroup = keyGroupOfRecord(bytes, keyAt);
  return keyGroup < start || keyGroup > end ? -1 : keyGroup - start;
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
