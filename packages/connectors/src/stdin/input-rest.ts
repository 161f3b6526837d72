import { type StreamPosition, streamStart } from "../formats/record-stream.ts";

export type Input = () => AsyncIterable<Buffer>;

/** What a reader has taken from an input and not handed over. */
interface InputRest {
  /** Of its first byte. */
  readonly position: StreamPosition;
  readonly chunks: readonly Buffer[];
}

const nothing: InputRest = { position: streamStart, chunks: [] };

/** By input, because one outlives the readers of it: the process's is the same for all attempts of a job. */
const rests = new WeakMap<Input, InputRest>();

/** For the next reader, which would begin in the middle of a record otherwise, and without the names in a header. */
export function leaveRest(input: Input, rest: InputRest): void {
  rests.set(input, rest);
}

/** What the reader before has left, once. */
export function takeRest(input: Input): InputRest {
  const rest = rests.get(input) ?? nothing;
  rests.delete(input);
  return rest;
}
