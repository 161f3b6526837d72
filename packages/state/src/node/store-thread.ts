import { nodePorts } from "@millrace/core/node";
import { ChunkQueue } from "../runs/chunk-queue.ts";
import type { Filling, SortTask, StoreWork } from "../runs/store-work.ts";
import { workHere } from "../runs/work-here.ts";
import { Thread } from "./thread.ts";

/** Chunks that are on their way at a time. */
const READ_AHEAD = 4;
/** So little is done sooner here than handed over, in less than a millisecond; a small job starts no thread at all. */
const DONE_HERE_BYTES = 64 << 10;

/**
 * Does the work of local stores and of new bases in a thread of its own, which begins with the first task that is worth it. The memory of the chunks that a
 * task brings moves there. The thread keeps the process alive only while it works.
 */
export function storeThread(): StoreWork {
  const thread = new Thread();
  const here = workHere(nodePorts.files);
  return {
    sort: async (task) => {
      if (isSmall(task)) return here.sort(task);
      return { records: await thread.ask({ id: thread.newId(), kind: "sort", task }, buffersOf(task.chunks)) };
    },
    fill: () => {
      // A small piece is the only one.
      let filling: Filling | undefined;
      return {
        add: (piece) => {
          filling ??= isSmall(piece) ? here.fill() : fillingIn(thread);
          return filling.add(piece);
        },
        end: async () => (await filling?.end()) ?? [],
        close: async () => filling?.close(),
      };
    },
    merge: (task) => (task.bytes <= DONE_HERE_BYTES ? here.merge(task) : thread.ask({ id: thread.newId(), kind: "merge", task }, [])),
    base: (task) => (task.bytes <= DONE_HERE_BYTES ? here.base(task) : thread.askSum({ id: thread.newId(), kind: "base", task })),
    mergeChain: (task) => {
      const bytes = task.files.reduce((sum, file) => sum + file.bytes, 0);
      return bytes <= DONE_HERE_BYTES ? here.mergeChain(task) : thread.askSum({ id: thread.newId(), kind: "chain", task });
    },
    async *read(task) {
      if (task.bytes <= DONE_HERE_BYTES) {
        yield* here.read(task);
        return;
      }
      const id = thread.newId();
      const queue = new ChunkQueue();
      const heard = {
        done: () => queue.end({}),
        failed: (error: unknown) => queue.end({ error }),
        chunk: (bytes: Uint8Array) => queue.push(bytes),
      };
      thread.send({ id, kind: "read", task }, heard, []);
      for (let ahead = 0; ahead < READ_AHEAD; ahead++) thread.post({ id, kind: "next" });
      try {
        for (;;) {
          const next = await queue.next();
          if (next === undefined) return;
          thread.post({ id, kind: "next" });
          yield next;
        }
      } finally {
        thread.post({ id, kind: "leave" });
      }
    },
    async close() {
      await here.close();
      await thread.close();
    },
  };
}

function fillingIn(thread: Thread): Filling {
  const filling = thread.newId();
  let isFirst = true;
  return {
    add: (task) => {
      const piece = { id: thread.newId(), kind: "fill", filling, isFirst, task } as const;
      isFirst = false;
      return thread.askRuns(piece, buffersOf(task.chunks));
    },
    end: () => thread.askRuns({ id: thread.newId(), kind: "filled", filling }, []),
    close: async () => thread.post({ id: filling, kind: "unfill" }),
  };
}

function isSmall({ chunks }: SortTask): boolean {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0) <= DONE_HERE_BYTES;
}

function buffersOf(chunks: readonly Uint8Array[]): ArrayBuffer[] {
  return [...new Set(chunks.map(({ buffer }) => buffer as ArrayBuffer))];
}
