import type { Chunks } from "@millrace/contracts";
import { corruptState } from "../format/checksum.ts";
import { Frames } from "../runs/frames.ts";
import { enlarged } from "../runs/pieces.ts";

/**
 * The frames of a file, piece by piece: step to the end of each before taking the next, which uses the same memory. Throws
 * STATE_CORRUPT when the file ends inside a frame.
 */
export async function* framePieces(chunks: Chunks): AsyncGenerator<Frames> {
  let held = new Uint8Array(0);
  let length = 0;
  const frames = new Frames(held, 0);
  for await (const chunk of chunks) {
    const done = frames.frameEnd;
    // A long record is not moved again with each of its chunks.
    if (done > 0) held.copyWithin(0, done, length);
    length -= done;
    if (length + chunk.length > held.length) held = enlarged(held, length, chunk.length);
    held.set(chunk, length);
    length += chunk.length;
    frames.restart(held, length);
    yield frames;
  }
  if (frames.frameEnd < length) throw corruptState("the last record of a file is cut short");
}
