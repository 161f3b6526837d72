import type { KeyGroupRange } from "@millrace/contracts";
import { keyGroupOfRecord } from "../format/record-key.ts";
import { Frames } from "./frames.ts";
import { Places } from "./places.ts";

/** Frames of one piece of memory in the order of their keys, each key once. */
export interface SortedFrames {
  readonly bytes: Uint8Array;
  /** Where each frame begins. */
  readonly starts: Uint32Array;
  /** The starts ascend. */
  readonly lieInOrder: boolean;
}

/**
 * Puts whole frames in order; of equal keys the last one stands. Those outside `keyGroups`, and headers, are left out. First
 * they are dealt by key group, since that is where keys begin, then each key group is sorted for itself.
 */
export function sortFrames(bytes: Uint8Array, keyGroups: KeyGroupRange): SortedFrames {
  const found = new Places(bytes);
  const all = new Frames(bytes);
  let ordered = true;
  // The key groups that are there: what is done for each is done for these alone.
  let first = keyGroups.end + 1;
  let last = keyGroups.start - 1;
  while (all.step()) {
    const group = groupOf(all, keyGroups);
    if (group < 0) continue;
    found.push(all);
    if (ordered && found.count > 1 && found.compare(found.count - 2, found.count - 1) >= 0) ordered = false;
    if (group < first) first = group;
    if (group > last) last = group;
  }
  if (ordered) return { bytes, starts: found.starts.subarray(0, found.count), lieInOrder: true };
  const starts = groupStarts(bytes, found, first, last);
  const next = starts.slice();
  const dealt = found.dealt((keyAt) => {
    const group = keyGroupOfRecord(bytes, keyAt) - first;
    const place = next[group] as number;
    next[group] = place + 1;
    return place;
  });
  for (let group = 0; group <= last - first; group++) dealt.sort(starts[group] as number, starts[group + 1] as number);
  return { bytes, starts: dealt.withoutDoubles(), lieInOrder: false };
}

/** Where the frames of each key group begin, from `first` on, once they are dealt; one more says where those of the last end. */
function groupStarts(bytes: Uint8Array, found: Places, first: number, last: number): Uint32Array {
  const starts = new Uint32Array(last - first + 2);
  for (let place = 0; place < found.count; place++) {
    const after = keyGroupOfRecord(bytes, found.keyAt(place)) - first + 1;
    starts[after] = (starts[after] as number) + 1;
  }
  for (let index = 1; index < starts.length; index++) starts[index] = (starts[index] as number) + (starts[index - 1] as number);
  return starts;
}

/** −1: not to be taken. */
function groupOf({ bytes, keyAt, keyEnd }: Frames, { start, end }: KeyGroupRange): number {
  if (keyEnd === keyAt) return -1;
  const keyGroup = keyGroupOfRecord(bytes, keyAt);
  return keyGroup < start || keyGroup > end ? -1 : keyGroup;
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
