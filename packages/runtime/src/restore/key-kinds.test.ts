import type { CheckpointManifest, DataFile } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { createHeapBackend } from "@millrace/state";
import { describe, expect, it } from "vitest";
import { keyKindsOf } from "./key-kinds.ts";

const keyGroups = { start: 0, end: 127 };

async function fileWith(key: string | undefined): Promise<Uint8Array[]> {
  const backend = createHeapBackend({ uid: "u", subtask: 0, keyGroups, maxParallelism: 128, now: () => 0, monotonic: () => 0 });
  if (key !== undefined) backend.setCurrentKey([key, 1]);
  backend.freeze(1, true);
  while (!backend.encodeSlice(1));
  const chunks: Uint8Array[] = [];
  for await (const chunk of backend.takeDelta().chunks) chunks.push(chunk.slice());
  return chunks;
}

describe("the kinds of keys in a snapshot", () => {
  it("come from the newest header of each node that has had a key and can be read", async () => {
    const contents = new Map([
      ["empty", await fileWith(undefined)],
      ["keyed", await fileWith("a")],
    ]);
    const file = (name: string): DataFile => ({ name, bytes: 0, checksum: "" });
    const node = (uid: string, ...names: string[]) => ({ uid, subtasks: [{ subtask: 0, keyed: { keyGroups, files: names.map(file) } }] });
    const manifest = {
      operators: [node("fresh", "empty"), node("used", "empty", "keyed"), node("lost", "missing")],
    } as unknown as CheckpointManifest;
    const data = {
      async *readData({ name }: DataFile) {
        const chunks = contents.get(name);
        if (chunks === undefined) throw new MillraceError("CHECKPOINT_CORRUPT", `${name} is gone`);
        // One byte a chunk: a header may be cut anywhere.
        for (const chunk of chunks) for (const byte of chunk) yield Uint8Array.of(byte);
      },
    };
    expect([...(await keyKindsOf(manifest, data))]).toEqual([["used", "[string, number]"]]);
  });
});
