import type { VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import type { LocalStore } from "../../src/index.ts";
import { framesOf, KEY_GROUPS } from "../records.ts";
import { directory, emptyDisk, openStore } from "./volatile-store.ts";

async function put(store: LocalStore, checkpoint: number): Promise<void> {
  await store.add("op", undefined, framesOf([["a", `${checkpoint}`]]));
  store.setHeader("op", { formatVersion: 1, uid: "op", checkpointId: checkpoint, keyGroups: KEY_GROUPS, entries: 1, states: [] });
  await store.setMarker({ kind: "applied", checkpoint });
}

/** A store of two runs; a byte of a record of the first has changed since. */
async function rotten(): Promise<{ readonly disk: VolatileDisk; readonly store: LocalStore }> {
  const disk = await emptyDisk();
  const store = await openStore(disk);
  await put(store, 1);
  await put(store, 2);
  await store.close();
  const path = `${directory}/000001.run`;
  const bytes = await disk.readFile(path);
  bytes[2] = (bytes[2] as number) ^ 1;
  const handle = await disk.open(path, "write");
  await handle.write(bytes);
  await handle.close();
  return { disk, store: await openStore(disk) };
}

async function markerAfter(disk: VolatileDisk): Promise<unknown> {
  const store = await openStore(disk);
  const marker = store.marker()?.checkpoint;
  await store.close();
  return marker;
}

const reads: readonly (readonly [string, (store: LocalStore) => Promise<unknown>])[] = [
  ["a walk", async (store) => [...store.operator("op").range(Uint8Array.of(0), Uint8Array.of(0xff))]],
  [
    "a copy",
    async (store) => {
      for await (const chunk of store.snapshot().chunks("op")) expect(chunk.length).toBeGreaterThan(0);
    },
  ],
  ["a base", (store) => store.writeBase("op")],
];

describe("a local store in which a byte has changed", () => {
  test.each(reads)("is empty for the next one once %s has come upon it", async (_, read) => {
    const { disk, store } = await rotten();
    await expect(read(store)).rejects.toMatchObject({ code: "STATE_CORRUPT" });
    await store.close();
    expect(await markerAfter(disk)).toBe(undefined);
    expect(await disk.list(directory)).toEqual([]);
  });

  test("stays as long as nobody has read it", async () => {
    const { disk, store } = await rotten();
    await store.close();
    expect(await markerAfter(disk)).toBe(2);
  });
});
