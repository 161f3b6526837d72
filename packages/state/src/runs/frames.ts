import { corruptState } from "../format/checksum.ts";

/** Walks over the frames of RecordWriter in a piece of memory, without making anything for each. */
export class Frames {
  bytes: Uint8Array;
  /** Of the frame that the last `step` came to. */
  frameAt = 0;
  keyAt = 0;
  keyEnd = 0;
  frameEnd = 0;
  tombstone = false;
  /** Where the bytes end. */
  end: number;
  #at = 0;

  constructor(bytes: Uint8Array, end = bytes.length) {
    this.bytes = bytes;
    this.end = end;
  }

  /** Goes to the next whole frame; false: the bytes hold no more of them. */
  step(): boolean {
    this.#at = this.frameEnd;
    const keyBytes = this.#varint();
    const marker = keyBytes < 0 ? -1 : this.#varint();
    if (marker < 0) return false;
    const keyEnd = this.#at + keyBytes;
    const frameEnd = marker === 0 ? keyEnd : keyEnd + marker - 1;
    if (frameEnd > this.end) return false;
    this.frameAt = this.frameEnd;
    this.keyAt = this.#at;
    this.keyEnd = keyEnd;
    this.frameEnd = frameEnd;
    this.tombstone = marker === 0;
    return true;
  }

  /** Begins anew with other bytes. */
  restart(bytes: Uint8Array, end: number, at = 0): void {
    this.bytes = bytes;
    this.end = end;
    this.frameEnd = at;
  }

  /** −1: the bytes end before it does. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    while (this.#at < this.end) {
      const byte = this.bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (value > Number.MAX_SAFE_INTEGER) throw corruptState("a record has an impossible length");
    }
    return -1;
  }
}
