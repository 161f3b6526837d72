/** Chunks that wait to be parsed, so that reading goes on meanwhile and memory stays bounded. */
const chunksAheadMax = 4;

/**
 * Pulls chunks from an asynchronous source into a short queue that is emptied synchronously. Nothing is pulled while the
 * queue is full. `notify` is called when there may be something to take again: a chunk, the end, or an error.
 */
export class ReadAhead {
  readonly #source: AsyncIterator<Buffer>;
  readonly #notify: () => void;
  readonly #queue: Buffer[];
  #pumping: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #finished = false;
  #closed = false;

  /** `before`: chunks that come before those of the source. */
  constructor(source: AsyncIterable<Buffer>, notify: () => void, before: readonly Buffer[] = []) {
    this.#queue = [...before];
    this.#source = source[Symbol.asyncIterator]();
    this.#notify = notify;
    this.#pump();
  }

  /** The next chunk; undefined: none now. Throws what the source threw, after the chunks before it. */
  take(): Buffer | undefined {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#pump();
      return chunk;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return undefined;
  }

  /** The source has ended; chunks may still be queued. */
  get finished(): boolean {
    return this.#finished;
  }

  get exhausted(): boolean {
    return this.#finished && this.#queue.length === 0 && this.#failure === undefined;
  }

  #pump(): void {
    if (this.#pumping !== undefined || this.#finished || this.#closed) return;
    this.#pumping = this.#fill().finally(() => {
      this.#pumping = undefined;
      if (!this.#closed) this.#notify();
    });
  }

  async #fill(): Promise<void> {
    try {
      while (this.#queue.length < chunksAheadMax && !this.#closed) {
        const { done, value } = await this.#source.next();
        if (done === true) {
          this.#finished = true;
          return;
        }
        this.#queue.push(value);
        if (this.#queue.length === 1) this.#notify();
      }
    } catch (error) {
      this.#failure = { error };
      this.#finished = true;
    }
  }

  /** Resolves with the chunks that nobody has taken. */
  async close(): Promise<readonly Buffer[]> {
    this.#closed = true;
    // Before waiting: an input that is quiet, like a terminal, ends its pending read by this.
    const returned = this.#source.return?.();
    await this.#pumping;
    await returned;
    return this.#queue;
  }
}
