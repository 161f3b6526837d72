import { seededRandom } from "@millrace/core";
import type { VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { type LocalStore, workHere } from "../../src/index.ts";
import { framesOf, keyBytes, textOf } from "../records.ts";
import { directory, emptyDisk, openStore } from "./volatile-store.ts";

const keys = ["a", "b", "c"];

async function put(store: LocalStore, checkpoint: number, key: string): Promise<void> {
  await store.add("op", undefined, framesOf([[key, `${checkpoint}`]]));
  await store.setMarker({ kind: "applied", checkpoint });
}

/** A store of three runs, each in a file of its own. */
async function filled(disk: VolatileDisk): Promise<LocalStore> {
  const store = await openStore(disk);
  for (const [at, key] of keys.entries()) await put(store, at + 1, key);
  await store.close();
  return openStore(disk);
}

/** What is in it, and the checkpoint that it says it holds. */
function stateOf(store: LocalStore): { readonly marker: unknown; readonly values: readonly (string | undefined)[] } {
  const values = [...keys, "d"].map((key) => {
    const stored = store.operator("op").get(keyBytes(key));
    return stored === undefined ? undefined : textOf(stored);
  });
  return { marker: store.marker()?.checkpoint, values };
}

const before = { marker: 3, values: ["1", "2", "3", undefined] };
const empty = { marker: undefined, values: [undefined, undefined, undefined, undefined] };
const after = { marker: 4, values: [undefined, undefined, undefined, "4"] };

async function clearWith(
  kind: "fail" | "crash",
  at: number,
): Promise<{ disk: VolatileDisk; store: LocalStore; failed: boolean; operations: number }> {
  const disk = await emptyDisk();
  const store = await filled(disk);
  const begun = disk.operations;
  disk.fault = { at: begun + at, kind, code: "ENOSPC" };
  const failed = await store.clear().then(
    () => false,
    () => true,
  );
  return { disk, store, failed, operations: disk.operations - begun };
}

describe("a local store that forgets what it holds", () => {
  test("is as before or empty when a step fails, in memory and on disk alike, and can be filled again", async () => {
    const { operations } = await clearWith("fail", 0);
    for (let at = 1; at <= operations; at++) {
      const { disk, store, failed } = await clearWith("fail", at);
      expect(failed, `step ${at}`).toBe(true);
      const held = stateOf(store);
      expect([before, empty], `step ${at}`).toContainEqual(held);
      const other = await openStore(await copyOf(disk));
      expect(stateOf(other), `step ${at}`).toEqual(held);
      await other.close();
      if (held.marker === undefined) {
        await put(store, 4, "d");
        expect(stateOf(store)).toEqual(after);
      }
      await store.close();
      const next = await openStore(disk);
      expect(stateOf(next), `step ${at}`).toEqual(held.marker === undefined ? after : before);
      await next.close();
    }
  });

  test("is whole or empty after a crash at any step", async () => {
    const { operations } = await clearWith("fail", 0);
    for (let at = 1; at <= operations; at++) {
      for (let seed = 0; seed < 8; seed++) {
        const { disk } = await clearWith("crash", at);
        const next = await openStore(disk.crash(seededRandom(seed)));
        expect([before, empty], `step ${at}, seed ${seed}`).toContainEqual(stateOf(next));
        await next.close();
      }
    }
  });

  test("needs no room on the disk for that", async () => {
    const disk = await emptyDisk();
    const store = await filled(disk);
    const opened = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      if (mode !== "read") throw new Error("no space left");
      return opened(path, mode);
    };
    await store.clear();
    expect(stateOf(store)).toEqual(empty);
    expect(await disk.list(directory)).toEqual([]);
    await store.close();
  });

  test("takes nothing in that comes when it is discarded: a marker would say that it holds what it has forgotten", async () => {
    const disk = await emptyDisk();
    const here = workHere(disk);
    const sorting = Promise.withResolvers<void>();
    const store = await openStore(disk, {
      ...here,
      sort: async (task) => {
        const sorted = await here.sort(task);
        if (store.marker() !== undefined) await sorting.promise;
        return sorted;
      },
    });
    await put(store, 1, "a");
    // Of two operators of a checkpoint one is there when the store is discarded, the other one comes while it is.
    const late = put(store, 2, "d").catch((error: unknown) => error);
    store.foundDamaged();
    const discarded = store.close();
    sorting.resolve();
    expect(await late).toMatchObject({ message: "what works in the background was closed" });
    await discarded;
    const next = await openStore(disk);
    expect(stateOf(next)).toEqual(empty);
    await next.close();
  });

  test("is closed also when it can't be discarded", async () => {
    const disk = await emptyDisk();
    const here = workHere(disk);
    let closed = 0;
    const close = async () => {
      closed++;
      await here.close();
    };
    const store = await openStore(disk, { ...here, close });
    await put(store, 1, "a");
    disk.fault = { at: disk.operations + 1, kind: "fail", code: "EIO" };
    store.foundDamaged();
    await expect(store.close()).rejects.toMatchObject({ code: "EIO" });
    expect(closed).toBe(1);
  });
});

test("a local store that has been closed takes nothing in: another one may be open in its place", async () => {
  const disk = await emptyDisk();
  const store = await openStore(disk);
  await put(store, 1, "a");
  await store.close();
  const next = await openStore(disk);
  await put(next, 2, "b");
  await expect(store.add("op", undefined, framesOf([["c", "3"]]))).rejects.toThrow("closed");
  await expect(store.setMarker({ kind: "applied", checkpoint: 3 })).rejects.toThrow("closed");
  await next.close();
  const last = await openStore(disk);
  expect(stateOf(last)).toEqual({ marker: 2, values: ["1", "2", undefined, undefined] });
  await last.close();
});

/** The same files on a disk of their own. */
async function copyOf(disk: VolatileDisk): Promise<VolatileDisk> {
  const copy = await emptyDisk();
  await copy.makeDirectory(directory);
  for (const [path, bytes] of disk.contents) copy.tamper(path, bytes);
  return copy;
}
