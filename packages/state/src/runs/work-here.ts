import type { Files } from "@millrace/core";
import { mergeChain } from "../chains/merge-chain.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { RunFilling } from "./run-filling.ts";
import { closed, copyRun, mergeRuns, readRuns, type StoreWork, sortIntoRun } from "./store-work.ts";

/** Does the work on this thread, between everything else: for the simulator and for tests. */
export function workHere(files: Files): StoreWork {
  let isClosed = false;
  const underWay = new Set<Promise<unknown>>();
  const fillings = new Set<RunFilling>();
  const writing = async <T>(write: () => Promise<T>): Promise<T> => {
    if (isClosed) throw closed();
    const written = write();
    underWay.add(written);
    try {
      return await written;
    } finally {
      underWay.delete(written);
    }
  };
  return {
    sort: (task) => writing(() => sortIntoRun(files, task)),
    fill: () => {
      const filling = new RunFilling(files);
      fillings.add(filling);
      return {
        add: (piece) => writing(() => filling.add(piece)),
        end: () => writing(() => filling.end()),
        close: async () => {
          fillings.delete(filling);
          await filling.close();
        },
      };
    },
    merge: (task) => writing(() => mergeRuns(files, task, () => isClosed)),
    base: (task) => writing(() => copyRun(files, task, () => isClosed)),
    mergeChain: (task) => writing(() => mergeChain(files, task, () => isClosed)),
    async *read(task) {
      const queue = new ChunkQueue();
      let taken = (): void => undefined;
      let left = false;
      const give = (chunk: Uint8Array): Promise<void> => {
        queue.push(chunk);
        return new Promise((resolve) => {
          taken = resolve;
        });
      };
      const reading = readRuns(files, task, give, () => isClosed || left).then(
        () => queue.end({}),
        (error: unknown) => queue.end({ error }),
      );
      try {
        for (;;) {
          const chunk = await queue.next();
          if (isClosed) throw closed();
          if (chunk === undefined) return;
          yield chunk;
          taken();
        }
      } finally {
        left = true;
        taken();
        await reading;
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.allSettled(underWay);
      for (const filling of fillings) await filling.close();
    },
  };
}
