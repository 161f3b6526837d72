import { type StreamPosition, streamStart } from "../formats/record-stream.ts";

interface Rest {
  /** Of its first byte. */
  readonly position: StreamPosition;
  readonly chunks: readonly Buffer[];
}

const nothing: Rest = { position: streamStart, chunks: [] };

/**
 * What a reader of a source has taken from the input and not handed over: the next one, after a restart, would begin in the
 * middle of a record otherwise, and without the names in a header.
 */
export class InputRest {
  #rest = nothing;

  leave(rest: Rest): void {
    this.#rest = rest;
  }

  /** What the reader before has left, once. */
  take(): Rest {
    const rest = this.#rest;
    this.#rest = nothing;
    return rest;
  }
}
