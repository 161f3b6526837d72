import type { Chunks } from "@millrace/contracts";
import { limits } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { Frames } from "./frames.ts";

const PIECE_BYTES = limits.sortedBytesMax;
/** A piece goes on when it is full, with what has come behind it: a chunk that had no room would make it twice as large. */
const PIECE_ROOM = PIECE_BYTES + PIECE_BYTES / 8;

/**
 * Cuts a stream of frames, which may be cut anywhere, into pieces of whole frames. Frames with an empty key are headers, told of
 * where they come. Throws STATE_CORRUPT when the stream ends inside a frame.
 */
export async function* wholeFrames(chunks: Chunks, onHeader: (stored: Uint8Array | undefined) => void): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(0);
  let length = 0;
  let checked = 0;
  const frames = new Frames(held);
  const walk = (): void => {
    frames.restart(held, length, checked);
    while (frames.step()) if (frames.keyEnd === frames.keyAt) onHeader(frames.tombstone ? undefined : held.subarray(frames.keyEnd, frames.frameEnd));
    checked = frames.frameEnd;
  };
  for await (const chunk of chunks) {
    if (length + chunk.length > held.length) held = enlarged(held, length, chunk.length);
    held.set(chunk, length);
    length += chunk.length;
    walk();
    if (checked < PIECE_BYTES) continue;
    const piece = held.subarray(0, checked);
    const rest = held.subarray(checked, length);
    held = new Uint8Array(Math.max(PIECE_ROOM, rest.length));
    held.set(rest);
    length = rest.length;
    checked = 0;
    yield piece;
  }
  if (checked < length) throw corruptState("the last record of a file is cut short");
  if (checked > 0) yield held.subarray(0, checked);
}

export function enlarged(from: Uint8Array, length: number, more: number): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(Math.max(from.length * 2, length + more));
  into.set(from.subarray(0, length));
  return into;
}

/** Deals chunks of whole frames into pieces. */
export function* inPieces(chunks: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    piece.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    yield piece;
    piece = [];
    bytes = 0;
  }
  if (piece.length > 0) yield piece;
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
