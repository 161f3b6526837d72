interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs I/O one task after the other and counts the bytes that wait. The first failure stays: what comes after is not
 * run, and `room` and `run` reject with it.
 */
export class IoQueue {
  readonly #bytesMax: number;
  #tail: Promise<void> = Promise.resolve();
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #waiters: Waiter[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Runs `task` after all before it. Callers need not await it: a failure comes up in `room` and in the next awaited run. */
  run(bytes: number, task: () => Promise<void>): Promise<void> {
    this.#bytes += bytes;
    const done = this.#tail.then(async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      try {
        await task();
      } catch (error) {
        this.#failure = { error };
        throw error;
      } finally {
        this.#bytes -= bytes;
        this.#wake();
      }
    });
    this.#tail = done.catch(() => {});
    done.catch(() => {});
    return done;
  }

  /** undefined: less than the bound waits. Otherwise resolves when half of the bound is free. */
  room(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#bytes <= this.#bytesMax) return undefined;
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #wake(): void {
    if (this.#failure === undefined && this.#bytes > this.#bytesMax / 2) return;
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#failure === undefined) waiter.resolve();
      else waiter.reject(this.#failure.error);
    }
  }

  /** What has not begun is not run any more, and rejects. Resolves when nothing runs, also after a failure. */
  close(): Promise<void> {
    this.#failure ??= { error: new Error("the writer was closed before") };
    this.#wake();
    return this.#tail;
  }
}
