/** Work that must not overlap: one piece after the other, in the order in which they were given; one that fails does not stop the next. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the work does. Work that waits for other work of the same lane waits for ever. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all that has been given so far is done. */
  get idle(): Promise<unknown> {
    return this.#last;
  }
}
