/** More than this is not kept. */
const KEPT_BYTES_MAX = 64 << 20;

/**
 * Memory of chunks that were written, for the next ones: new memory at each checkpoint is what makes the collector of garbage go
 * over the whole heap.
 */
export class SpareChunks {
  readonly #memories: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  take(): Uint8Array<ArrayBuffer> | undefined {
    const memory = this.#memories.pop();
    this.#bytes -= memory?.length ?? 0;
    return memory;
  }

  /** Nobody reads these chunks any more. */
  give(chunks: readonly Uint8Array[]): void {
    for (const { buffer } of chunks) {
      // It was moved to another thread, or is part of something else.
      if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0 || this.#bytes + buffer.byteLength > KEPT_BYTES_MAX) continue;
      this.#memories.push(new Uint8Array(buffer));
      this.#bytes += buffer.byteLength;
    }
  }
}
