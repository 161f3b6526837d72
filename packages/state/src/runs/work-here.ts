import type { Files } from "@millrace/core";
import { closed, copyRun, mergeRuns, readRuns, type StoreWork, sortIntoRun } from "./store-work.ts";

/** Does a store's work on this thread, between everything else: for the simulator and for tests. */
export function workHere(files: Files): StoreWork {
  let isClosed = false;
  return {
    sort: (task) => sortIntoRun(files, task),
    merge: (task) => mergeRuns(files, task, () => isClosed),
    base: (task) => copyRun(files, task, () => isClosed),
    async *read(task) {
      const queue: Uint8Array[] = [];
      let wake = (): void => undefined;
      let taken = (): void => undefined;
      let over: { readonly error?: unknown } | undefined;
      let left = false;
      const give = (chunk: Uint8Array): Promise<void> => {
        queue.push(chunk);
        wake();
        return new Promise((resolve) => {
          taken = resolve;
        });
      };
      const reading = readRuns(files, task, give, () => isClosed || left).then(
        () => ({}),
        (error: unknown) => ({ error }),
      );
      void reading.then((end) => {
        over = end;
        wake();
      });
      try {
        for (;;) {
          const chunk = queue.shift();
          if (chunk !== undefined) {
            yield chunk;
            taken();
          } else if (over !== undefined) {
            if ("error" in over) throw over.error;
            return;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          if (isClosed) throw closed();
        }
      } finally {
        left = true;
        taken();
        await reading;
      }
    },
    close: async () => {
      isClosed = true;
    },
  };
}
