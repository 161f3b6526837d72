import { VolatileDisk } from "@millrace/testkit";
import { expect, test } from "vitest";
import { workHere } from "../../src/index.ts";
import { checkpoints, storageOn, writeFile } from "../chains/chain-files.ts";
import { framesOf } from "../records.ts";

const path = "/state/local/000001.base";

test("closing waits until what is under way has let go of its files, and nothing is begun afterwards", async () => {
  const disk = new VolatileDisk();
  await disk.makeDirectory("/state/local");
  const task = { checkpoints, files: [await writeFile(storageOn(disk), 1, [["a", "1"]])], path };
  const held = Promise.withResolvers<void>();
  let isOpen = false;
  const files: typeof disk = Object.create(disk, {
    open: {
      value: async (...asked: Parameters<typeof disk.open>) => {
        const handle = await disk.open(...asked);
        if (asked[0] !== path) return handle;
        isOpen = true;
        await held.promise;
        const close = async (): Promise<void> => {
          await handle.close();
          isOpen = false;
        };
        return Object.create(handle, {
          close: { value: close },
          write: { value: handle.write.bind(handle) },
          sync: { value: handle.sync.bind(handle) },
        });
      },
    },
  });
  const work = workHere(files);
  const merged = work.mergeChain(task).catch(() => "ended");
  await expect.poll(() => isOpen).toBe(true);
  const closed = work.close();
  held.resolve();
  await closed;
  expect(isOpen).toBe(false);
  await merged;
  await expect(work.mergeChain(task)).rejects.toThrow("was closed");
});

test("closing lets go of a file that is being taken in", async () => {
  const disk = new VolatileDisk();
  const work = workHere(disk);
  const filling = work.fill();
  const piece = { path: "/000001.run", chunks: framesOf([["a", "1"]]), keyGroups: { start: 0, end: 0xffff } };
  await filling.add(piece);
  expect(await disk.list("/")).toEqual(["000001.run"]);
  await work.close();
  expect(await disk.list("/")).toEqual([]);
  await expect(filling.add(piece)).rejects.toThrow("was closed");
});
