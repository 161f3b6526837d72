/**
 * The standard input of the process. Ending the iteration leaves the stream open, so that a restarted job reads on where
 * the failed one stopped.
 */
export function processStdin(): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => new StdinIterator(process.stdin) };
}

class StdinIterator implements AsyncIterator<Buffer> {
  readonly #stream: NodeJS.ReadStream;
  #wake: (() => void) | undefined;
  #error: Error | undefined;
  #returned = false;

  constructor(stream: NodeJS.ReadStream) {
    this.#stream = stream;
    for (const event of ["readable", "end", "close"]) stream.on(event, this.#onEvent);
    stream.on("error", this.#onError);
  }

  readonly #onEvent = (): void => this.#wake?.();
  readonly #onError = (error: Error): void => {
    this.#error = error;
    this.#wake?.();
  };

  async next(): Promise<IteratorResult<Buffer>> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const chunk = this.#returned ? null : (this.#stream.read() as Buffer | null);
      if (chunk !== null) return { done: false, value: chunk };
      if (this.#returned || this.#stream.readableEnded || this.#stream.destroyed) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Buffer>> {
    this.#returned = true;
    for (const event of ["readable", "end", "close"]) this.#stream.off(event, this.#onEvent);
    this.#stream.off("error", this.#onError);
    this.#stream.pause();
    this.#wake?.();
    return { done: true, value: undefined };
  }
}
