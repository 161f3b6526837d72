const mark = Symbol.for("millrace.worker");

/** Whether this thread is a worker of a job; one mark for all copies of the library in the thread. */
export const isInWorker = {
  get: (): boolean => (globalThis as { [mark]?: true })[mark] === true,
  set: (): void => {
    (globalThis as { [mark]?: true })[mark] = true;
  },
};
