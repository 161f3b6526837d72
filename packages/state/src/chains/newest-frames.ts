import type { Chunks, KeyGroupRange } from "@millrace/contracts";
import { fmix32, MillraceError } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { keyGroupOfRecord, RECORD_HEAD_BYTES } from "../format/record-key.ts";
import { compareBytes } from "../runs/byte-order.ts";
import { Frames } from "../runs/frames.ts";
import { enlarged } from "../runs/pieces.ts";

const FORM_AT = 2;
/** In the place of a record's form: a newer one has the same key. */
const REPLACED = 0xff;
const ROOM_BYTES_MIN = 64 << 10;
const BITS_MIN = 10;
/** Places are numbers of 32 bits, and 0 is none. */
const BYTES_MAX = 2 ** 32 - 2;

/**
 * Frames in memory, of which the newest of each key stands. A table of 2^bits pairs, a key's hash and 1 + the place of its frame,
 * leads to them by linear probing.
 */
export class NewestFrames {
  readonly #keyGroups: KeyGroupRange;
  readonly #frames: Frames;
  readonly #known: Frames;
  #bytes: Uint8Array;
  #length = 0;
  #bits = BITS_MIN;
  #table = new Uint32Array(2 << BITS_MIN);
  #keys = 0;

  /** `bytes`: about as many will come. Frames of other key groups are left out. */
  constructor(bytes: number, keyGroups: KeyGroupRange) {
    this.#keyGroups = keyGroups;
    this.#bytes = new Uint8Array(Math.max(bytes, ROOM_BYTES_MIN));
    this.#frames = new Frames(this.#bytes, 0);
    this.#known = new Frames(this.#bytes, 0);
  }

  /** The frames of a file that is newer than those before. Throws STATE_CORRUPT when it ends inside a frame. */
  async add(chunks: Chunks): Promise<void> {
    let end = this.#length;
    for await (const chunk of chunks) {
      if (end + chunk.length > this.#bytes.length) this.#bytes = enlarged(this.#bytes, end, chunk.length);
      if (end + chunk.length > BYTES_MAX) throw tooLarge();
      this.#bytes.set(chunk, end);
      end = this.#take(end + chunk.length);
    }
    if (end > this.#length) throw corruptState("the last record of a file is cut short");
  }

  /** Whether one of them has the key at which `frames` is. */
  has({ bytes, keyAt, keyEnd }: Frames): boolean {
    return this.#table[this.#placeOf(bytes, keyAt, keyEnd, hashOf(bytes, keyAt, keyEnd)) + 1] !== 0;
  }

  /** The newest that are no tombstones, in the order in which they came: pieces of memory. */
  *live(): Generator<Uint8Array> {
    const bytes = this.#bytes;
    const frames = new Frames(bytes, this.#length);
    let from = 0;
    while (frames.step()) {
      if (!frames.tombstone && frames.keyEnd > frames.keyAt && bytes[frames.keyAt + FORM_AT] !== REPLACED) continue;
      if (frames.frameAt > from) yield bytes.subarray(from, frames.frameAt);
      from = frames.frameEnd;
    }
    if (this.#length > from) yield bytes.subarray(from, this.#length);
  }

  /** Takes in what follows the frames that are there; returns where the bytes end now, the last of which may be of an unfinished frame. */
  #take(end: number): number {
    const bytes = this.#bytes;
    const frames = this.#frames;
    let kept = this.#length;
    frames.restart(bytes, end, kept);
    while (frames.step()) {
      const { frameAt, frameEnd } = frames;
      // A header stays where it is, so that nothing behind it has to move.
      const isHeader = frames.keyEnd === frames.keyAt;
      if (!isHeader && !this.#isWanted(frames)) continue;
      if (kept !== frameAt) bytes.copyWithin(kept, frameAt, frameEnd);
      if (!isHeader) this.#index(kept, frames.keyAt - frameAt + kept, frames.keyEnd - frameAt + kept);
      kept += frameEnd - frameAt;
    }
    if (kept !== frames.frameEnd) bytes.copyWithin(kept, frames.frameEnd, end);
    this.#length = kept;
    return kept + end - frames.frameEnd;
  }

  #isWanted({ bytes, keyAt, keyEnd }: Frames): boolean {
    if (keyEnd - keyAt < RECORD_HEAD_BYTES) throw corruptState("the key of a record is cut short");
    const keyGroup = keyGroupOfRecord(bytes, keyAt);
    return keyGroup >= this.#keyGroups.start && keyGroup <= this.#keyGroups.end;
  }

  #index(frameAt: number, keyAt: number, keyEnd: number): void {
    const hash = hashOf(this.#bytes, keyAt, keyEnd);
    const at = this.#placeOf(this.#bytes, keyAt, keyEnd, hash);
    if (this.#table[at + 1] === 0) {
      this.#table[at] = hash;
      this.#keys++;
    } else {
      this.#bytes[this.#known.keyAt + FORM_AT] = REPLACED;
    }
    this.#table[at + 1] = frameAt + 1;
    if (this.#keys * 4 > this.#table.length) this.#grow();
  }

  /** Where a key stands, `#known` being at its frame, or the empty place where it would. */
  #placeOf(bytes: Uint8Array, keyAt: number, keyEnd: number, hash: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = (hash >>> (32 - this.#bits)) * 2; ; at = (at + 2) & mask) {
      const place = table[at + 1] as number;
      if (place === 0) return at;
      if (table[at] !== hash) continue;
      const known = this.#known;
      known.restart(this.#bytes, this.#bytes.length, place - 1);
      known.step();
      if (compareBytes(known.bytes, known.keyAt, known.keyEnd, bytes, keyAt, keyEnd) === 0) return at;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#bits++;
    const table = new Uint32Array(2 << this.#bits);
    const mask = table.length - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from + 1] === 0) continue;
      const hash = old[from] as number;
      let at = (hash >>> (32 - this.#bits)) * 2;
      while (table[at + 1] !== 0) at = (at + 2) & mask;
      table[at] = hash;
      table[at + 1] = old[from + 1] as number;
    }
    this.#table = table;
  }
}

/** Of 32 bits, four bytes at a time, mixed as in MurmurHash3. Nothing that is written depends on it. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return fmix32(hash) >>> 0;
}

function tooLarge(): MillraceError {
  return new MillraceError("STATE_TOO_LARGE", "the changes of one key group have more than 4 GB, too much to make a new base of them in memory", {
    hint: "let more keys share the state, or keep state on disk",
  });
}
