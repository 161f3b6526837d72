import type { DataFile } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { takenIn } from "./taken-in.ts";

const parts = [{ files: ["a-1", "a-2"].map((name) => ({ name, bytes: 1, checksum: "00000000" })) }];

/** Its files are read to their ends, which the damaged one comes to with an error. */
function storageWhere(damaged: string | undefined) {
  return {
    async *readData({ name }: DataFile): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1);
      if (name === damaged) throw new MillraceError("CHECKPOINT_CORRUPT", `the checkpoint file ${name} is damaged`);
    },
  };
}

const unfitting = new MillraceError("STATE_CORRUPT", "keyed state is damaged: a stored value does not fit its checksum");

function failing(error: Error): () => Promise<void> {
  return async () => {
    throw error;
  };
}

test("bytes of a damaged file that are no state are told with the name of the file", async () => {
  await expect(takenIn(storageWhere("a-2"), parts, failing(unfitting))).rejects.toMatchObject({
    code: "CHECKPOINT_CORRUPT",
    message: expect.stringContaining("a-2"),
  });
});

test("where the files are whole the damage is the reader's own", async () => {
  await expect(takenIn(storageWhere(undefined), parts, failing(unfitting))).rejects.toBe(unfitting);
});

test("other failures are what they are, and no file is read for them", async () => {
  const full = new MillraceError("STATE_STORE", "the disk is full");
  await expect(takenIn(storageWhere("a-1"), parts, failing(full))).rejects.toBe(full);
  expect(await takenIn(storageWhere("a-1"), parts, async () => 7)).toBe(7);
});
