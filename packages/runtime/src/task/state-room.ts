/**
 * Whether changes of keyed state fill the memory that there is for them, in any task of a deployment: then no source of the job reads
 * on before a checkpoint has taken them (law S3), also one in another task or thread than the state. What is under way in channels
 * is still taken in, so that the barrier comes through; it is bounded.
 */
export class StateRoom {
  readonly #full: Int32Array;

  /** The memory of `stateRoomMemory`, shared by the threads of a deployment. */
  constructor(memory: SharedArrayBuffer) {
    this.#full = new Int32Array(memory);
  }

  get isFull(): boolean {
    return Atomics.load(this.#full, 0) > 0;
  }

  /** One task more that has none left, or one less. */
  change(by: 1 | -1): void {
    Atomics.add(this.#full, 0, by);
  }
}

export function stateRoomMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}
