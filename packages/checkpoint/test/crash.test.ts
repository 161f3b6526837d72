import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError, seededRandom } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { createFileCheckpointStorage } from "../src/index.ts";
import { bytesOf, errorOf, manifestOf, readAll } from "./example.ts";

const directory = "/state/checkpoints";
const open = (files: VolatileDisk) => createFileCheckpointStorage({ files, directory });

async function takeCheckpoint(storage: CheckpointStorage, checkpointId: number): Promise<CheckpointManifest> {
  const names = [`a-0-00000${checkpointId}.base`, `a-1-00000${checkpointId}.delta`];
  const writing = names.map((name) => storage.writeData(name, contentOf(name)));
  await Promise.allSettled(writing);
  const files = await Promise.all(writing);
  const manifest = manifestOf(checkpointId, files);
  await storage.writeManifest(manifest);
  return manifest;
}

async function* contentOf(name: string): AsyncGenerator<Uint8Array> {
  yield bytesOf(name, 40);
  yield bytesOf(name, 7);
}

/** Checkpoints 1 and 2 exist; then comes 3, and 1 goes. `reached` tells how far it came. */
async function prepared(): Promise<{ disk: VolatileDisk; storage: CheckpointStorage; second: CheckpointManifest }> {
  const disk = new VolatileDisk();
  await disk.makeDirectory("/state");
  await disk.syncDirectory("/");
  const storage = open(disk);
  await takeCheckpoint(storage, 1);
  const second = await takeCheckpoint(storage, 2);
  return { disk, storage, second };
}

async function step(storage: CheckpointStorage, second: CheckpointManifest, reached: (what: string) => void): Promise<void> {
  const third = await takeCheckpoint(storage, 3);
  reached("completed 3");
  await storage.removeManifest(1);
  reached("removed 1");
  await storage.collectGarbage([second, third]);
  reached("collected");
}

async function checkWhole(storage: CheckpointStorage, checkpointId: number): Promise<CheckpointManifest> {
  const manifest = await storage.readManifest(checkpointId);
  await storage.verify(manifest);
  for (const file of manifest.operators[0]?.subtasks[0]?.keyed?.files ?? []) {
    expect(await readAll(storage, file)).toEqual(Uint8Array.from([...bytesOf(file.name, 40), ...bytesOf(file.name, 7)]));
  }
  return manifest;
}

async function operationsOfStep(): Promise<number> {
  const { disk, storage, second } = await prepared();
  const before = disk.operations;
  await step(storage, second, () => {});
  return disk.operations - before;
}

describe("checkpoint files", () => {
  test("after a crash at any operation hold every completed checkpoint, whole, and no half of one", async () => {
    const operations = await operationsOfStep();
    expect(operations).toBeGreaterThan(15);
    for (let at = 1; at <= operations + 1; at++) {
      for (let seed = 1; seed <= 12; seed++) {
        const { disk, storage, second } = await prepared();
        disk.fault = { at: disk.operations + at, kind: "crash", code: "EIO" };
        let reached = "nothing";
        const error = await errorOf(() =>
          step(storage, second, (what) => {
            reached = what;
          }),
        );
        expect(error === undefined, `crash at ${at}`).toBe(at > operations);
        const disk2 = disk.crash(seededRandom(seed));
        const storage2 = open(disk2);
        const ids = await storage2.list();
        expect(ids, `crash at ${at}, seed ${seed}`).toContain(2);
        if (reached === "nothing") expect(ids).toContain(1);
        else expect(ids).toContain(3);
        if (reached === "removed 1" || reached === "collected") expect(ids).not.toContain(1);
        const manifests = await Promise.all(ids.map((id) => checkWhole(storage2, id)));
        const fourth = await takeCheckpoint(storage2, 4);
        await storage2.collectGarbage([...manifests, fourth]);
        const needed = [...manifests, fourth].flatMap(({ operators }) => operators[0]?.subtasks[0]?.keyed?.files.map(({ name }) => name) ?? []);
        expect(await disk2.list(`${directory}/data`)).toEqual(needed.sort());
        expect((await disk2.list(directory)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      }
    }
  });

  test("that were read outlive the next crash, though whoever wrote them died before the name was durable", async () => {
    let restoredNewest = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { disk, storage } = await prepared();
      // The process is killed where the sync of the directory would be: the rename has happened, and is not durable.
      const operationsBefore = disk.operations;
      await takeCheckpoint(storage, 3);
      const { disk: fresh, storage: dying } = await prepared();
      fresh.fault = { at: fresh.operations + disk.operations - operationsBefore, kind: "crash", code: "EIO" };
      expect(await errorOf(() => takeCheckpoint(dying, 3))).toBeDefined();
      fresh.fault = undefined;
      const next = open(fresh);
      const newest = (await next.list()).at(-1) as number;
      await next.readManifest(newest);
      if (newest === 3) restoredNewest++;
      expect(await open(fresh.crash(seededRandom(seed))).list(), `seed ${seed}`).toContain(newest);
    }
    expect(restoredNewest).toBe(40);
  });

  test("after the first checkpoint of all exist even when the machine dies at once", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const disk = new VolatileDisk();
      await disk.makeDirectory("/state");
      await disk.syncDirectory("/");
      await takeCheckpoint(open(disk), 1);
      await checkWhole(open(disk.crash(seededRandom(seed))), 1);
    }
  });

  test("after an operation that fails leave nothing temporary, name the cause, and can be written again", async () => {
    const operations = await operationsOfStep();
    for (let at = 1; at <= operations; at++) {
      const { disk, storage, second } = await prepared();
      disk.fault = { at: disk.operations + at, kind: "fail", code: "ENOSPC" };
      let reached = "nothing";
      const error = await errorOf(() =>
        step(storage, second, (what) => {
          reached = what;
        }),
      );
      if (!(error instanceof MillraceError)) throw new Error(`operation ${at} failed without a named error: ${String(error)}`);
      expect(error.code).toBe("CHECKPOINT_WRITE");
      expect(error.hint).toContain("disk is full");
      expect(error.cause).toMatchObject({ code: "ENOSPC" });
      expect([...disk.contents.keys()].filter((path) => path.endsWith(".tmp"))).toEqual([]);
      if (reached === "nothing") expect(await storage.list(), `failure at ${at}`).toEqual([1, 2]);
      const fourth = await takeCheckpoint(storage, 4);
      const others = await Promise.all((await storage.list()).filter((id) => id !== 4).map((id) => checkWhole(storage, id)));
      await storage.collectGarbage([...others, fourth]);
      await checkWhole(storage, 4);
    }
  });
});
