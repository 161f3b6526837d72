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
