import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFileCheckpointStorage, dataFileName } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage, DataFile, WrittenBase } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { afterAll, expect, test } from "vitest";
import { BackgroundBases } from "./background-bases.ts";
import type { OperatorHost } from "./operator-host.ts";

const uid = "op";
const { files } = nodePorts;
const parent = mkdtempSync(join(tmpdir(), "millrace-bases-"));
afterAll(() => rm(parent, { recursive: true }));
let runs = 0;

/** A storage, an operator whose local store is as far as it is told, and bases that end when they are told to. */
function begin() {
  const directory = join(parent, `run-${++runs}`);
  const storage = createFileCheckpointStorage({ files, directory: `${directory}/checkpoints` });
  const writing: PromiseWithResolvers<WrittenBase>[] = [];
  const writeBase = (): Promise<WrittenBase> => {
    const base = Promise.withResolvers<WrittenBase>();
    writing.push(base);
    return base.promise;
  };
  const backend = { writeBase, mostlyChanged: false };
  const host = { uid, node: 0, backend } as unknown as OperatorHost;
  let woken = 0;
  const bases = new BackgroundBases(0, () => woken++);
  const finish = async (checkpointId: number): Promise<void> => {
    const path = `${directory}/${checkpointId}.base`;
    const handle = await files.open(path, "write");
    await handle.write(new Uint8Array(10));
    await handle.close();
    writing.at(-1)?.resolve({ checkpointId, file: { path, bytes: 10, checksum: "e38a6876" } });
    await Promise.resolve();
  };
  return { storage, writing, host, backend, bases, finish, woken: () => woken };
}

/** A file of a chain; as many bytes as asked for. */
async function file(storage: CheckpointStorage, checkpointId: number, kind: "base" | "delta", bytes = 10): Promise<DataFile> {
  return storage.writeData(dataFileName({ uid, subtask: 0, checkpointId, kind }), [new Uint8Array(bytes)]);
}

const names = (chain: readonly DataFile[]): string[] => chain.map(({ name }) => name);

test("a base is asked for when the deltas outgrow the one there is, once, and takes the place of what it holds", async () => {
  const { storage, writing, host, bases, finish } = begin();
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta")];
  bases.completed(host, { files: chain });
  expect(writing).toHaveLength(0);
  chain.push(await file(storage, 3, "delta"));
  bases.completed(host, { files: chain });
  chain.push(await file(storage, 4, "delta"));
  bases.completed(host, { files: chain });
  expect(writing).toHaveLength(1);
  expect(bases.take(0)).toBeUndefined();

  await finish(3);
  const base = bases.take(0);
  if (base === undefined) throw new Error("the base is finished");
  const adopted = await bases.adopt(base, host, { files: chain }, storage);
  expect(names(adopted)).toEqual(["op-0-000003.base", "op-0-000004.delta"]);
  // The checkpoint was given up: the next one finds the file where that one put it.
  expect(names(await bases.adopt(bases.take(0) ?? base, host, { files: chain }, storage))).toEqual(names(adopted));
  bases.completed(host, { files: adopted });
  expect(bases.take(0)).toBeUndefined();
});

test("a base as of a checkpoint without changes stands for the last one that had some", async () => {
  const { storage, host, bases, finish } = begin();
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)];
  bases.completed(host, { files: chain });
  await finish(7);
  const base = bases.take(0);
  if (base === undefined) throw new Error("the base is finished");
  expect(names(await bases.adopt(base, host, { files: chain }, storage))).toEqual(["op-0-000002.base"]);
});

test("what an earlier attempt left under its name is not replaced: the chain goes on", async () => {
  const { storage, host, bases, finish } = begin();
  const left = await file(storage, 2, "base");
  await storage.writeManifest({
    checkpointId: 9,
    operators: [{ uid, subtasks: [{ subtask: 0, keyed: { files: [left] } }] }],
  } as unknown as CheckpointManifest);
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)];
  bases.completed(host, { files: chain });
  await finish(2);
  const base = bases.take(0);
  if (base === undefined) throw new Error("the base is finished");
  expect(await bases.adopt(base, host, { files: chain }, storage)).toEqual(chain);
  expect(bases.take(0)).toBeUndefined();
});

test("one that can't be written fails the next checkpoint, and is tried again after a later one", async () => {
  const { storage, writing, host, bases, woken } = begin();
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)];
  bases.completed(host, { files: chain });
  writing[0]?.reject(new Error("no space left"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(woken()).toBe(1);
  // No other one is begun before that has been told.
  bases.completed(host, { files: chain });
  expect(writing).toHaveLength(1);
  expect(() => bases.take(0)).toThrow("no space left");
  expect(bases.take(0)).toBeUndefined();
  bases.completed(host, { files: chain });
  expect(writing).toHaveLength(2);
});

test("a damaged file is told of once, and until the chain begins anew every base is to come from memory", async () => {
  const { storage, writing, host, bases } = begin();
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)];
  bases.completed(host, { files: chain });
  writing[0]?.reject(new MillraceError("CHECKPOINT_CORRUPT", "op-0-000002.delta is damaged"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(bases.needsWhole(host, { files: chain })).toBe(false);
  expect(() => bases.take(0)).toThrow("is damaged");
  expect(bases.needsWhole(host, { files: chain })).toBe(true);
  bases.completed(host, { files: chain });
  expect(writing).toHaveLength(1);
  const anew = [await file(storage, 4, "base"), await file(storage, 5, "delta", 20)];
  expect(bases.needsWhole(host, { files: anew })).toBe(false);
  bases.completed(host, { files: anew });
  expect(writing).toHaveLength(2);
});

test("where most has changed the next checkpoint holds everything, unless a base is under way or waits to be taken", async () => {
  const { storage, host, backend, bases, finish } = begin();
  const chain = [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)];
  expect(bases.needsWhole(host, { files: chain })).toBe(false);
  backend.mostlyChanged = true;
  expect(bases.needsWhole(host, { files: chain })).toBe(true);
  bases.completed(host, { files: chain });
  expect(bases.needsWhole(host, { files: chain })).toBe(false);
  await finish(2);
  expect(bases.needsWhole(host, { files: chain })).toBe(false);
  const base = bases.take(0);
  if (base === undefined) throw new Error("the base is finished");
  bases.completed(host, { files: await bases.adopt(base, host, { files: chain }, storage) });
  expect(bases.needsWhole(host, { files: chain })).toBe(true);
});

test("a base of files that a whole checkpoint has replaced meanwhile is forgotten", async () => {
  const { storage, host, bases, finish } = begin();
  bases.completed(host, { files: [await file(storage, 1, "base"), await file(storage, 2, "delta", 20)] });
  const anew = [await file(storage, 3, "base")];
  await finish(2);
  const base = bases.take(0);
  if (base === undefined) throw new Error("the base is finished");
  expect(await bases.adopt(base, host, { files: anew }, storage)).toEqual(anew);
  expect(bases.take(0)).toBeUndefined();
});
