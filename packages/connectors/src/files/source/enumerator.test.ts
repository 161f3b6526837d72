import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { FileEnumerator } from "./enumerator.ts";

test("a directory may hold more files than a call takes arguments", async () => {
  const names = Array.from({ length: 200_000 }, (_, n) => `f${n}`);
  const files = {
    list: async () => names,
    stat: async (path: string) => ({ kind: path === "in" ? "directory" : "file", bytes: 1, modifiedMs: 1, inode: 1, device: undefined }),
  };
  const assigned: string[] = [];
  const context = {
    ports: { ...nodePorts, files },
    assign: (_subtask: number, splits: readonly { readonly id: string }[]) => assigned.push(...splits.map(({ id }) => id)),
  };
  const options = { patterns: ["in"], order: "name", watchEveryMs: undefined, splitBytes: undefined, compressionOf: () => "none" } as const;
  const enumerator = new FileEnumerator(context as never, options as never, undefined);
  await enumerator.start();
  enumerator.requestSplit(0);
  expect(assigned).toHaveLength(1);
});

test("is closed when it has no file open any more, and looks at no further one", async () => {
  const looking = Promise.withResolvers<void>();
  const mayRead = Promise.withResolvers<void>();
  let opened = 0;
  let open = 0;
  const files = {
    list: async () => ["a", "b"],
    stat: async (path: string) => ({ kind: path === "in" ? "directory" : "file", bytes: 100, modifiedMs: 1, inode: 1, device: undefined }),
    open: async (path: string) => {
      opened++;
      open++;
      return {
        stat: () => files.stat(path),
        read: async () => {
          looking.resolve();
          await mayRead.promise;
          return 0;
        },
        close: async () => {
          open--;
        },
      };
    },
  };
  const context = { ports: { ...nodePorts, files }, assign: () => undefined, fail: () => undefined };
  const options = { patterns: ["in"], order: "name", watchEveryMs: undefined, splitBytes: 10, compressionOf: () => "none" } as const;
  const enumerator = new FileEnumerator(context as never, options as never, undefined);
  const started = enumerator.start();
  await looking.promise;
  const closed = enumerator.close().then(() => expect(open).toBe(0));
  mayRead.resolve();
  await closed;
  await started;
  expect(opened).toBe(1);
  expect(enumerator.snapshot()).toEqual({ listed: false, pending: [], seen: [] });
});
