/** How a reading ended. */
export type ReadingEnd = { readonly error?: unknown };

/** Chunks between one who gives them as they come and one who takes them when wanted. */
export class ChunkQueue {
  readonly #chunks: Uint8Array[] = [];
  #over: ReadingEnd | undefined;
  #wake = (): void => undefined;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** No chunk follows. */
  end(how: ReadingEnd): void {
    this.#over = how;
    this.#wake();
  }

  /** The next one; undefined: it was the last. Rejects with what the reading ended with, behind all chunks. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return chunk;
      if (this.#over !== undefined) {
        if ("error" in this.#over) throw this.#over.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
