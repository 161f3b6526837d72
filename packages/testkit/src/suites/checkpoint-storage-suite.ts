import type { CheckpointManifest, CheckpointStorage, DataFile, FinishedFile } from "@millrace/contracts";
import { nodePorts } from "@millrace/core/node";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";

/** A storage with nothing in it, and the place where it keeps its files. */
export interface CheckpointStorageCase {
  readonly storage: CheckpointStorage;
  /** Another instance over the same place, as the next process opens it. */
  reopen(): CheckpointStorage;
  /** Changes a stored file behind the storage's back; undefined removes it. */
  damage(file: StoredFile, change: (bytes: Uint8Array) => Uint8Array | undefined): Promise<void>;
  /** A file with this content beside the storage. */
  finish(content: Uint8Array): Promise<FinishedFile>;
  dispose?(): Promise<void>;
}

export type StoredFile = { readonly data: string } | { readonly manifest: number };

/** The contract of checkpoint storages. Inputs of properties are random; fast-check prints the seed of one that fails. */
export function checkpointStorageSuite(name: string, make: () => Promise<CheckpointStorageCase>): void {
  describe(`${name} keeps the contract of checkpoint storages`, () => {
    let disposals: CheckpointStorageCase[] = [];
    const begin = async () => {
      const made = await make();
      disposals.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of disposals) await made.dispose?.();
      disposals = [];
    });
    writing(begin);
    adopting(begin);
    streaming(begin);
    damage(begin);
    garbage(begin);
  });
}

function writing(begin: () => Promise<CheckpointStorageCase>): void {
  test("what was written is read back by the next process, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (chunks) => {
        const { storage, reopen } = await begin();
        const file = await storage.writeData("a-0-000001.base", chunks);
        const manifest = manifestOf(1, [file]);
        await storage.writeManifest(manifest);
        const next = reopen();
        expect(await next.list()).toEqual([1]);
        expect(await next.readManifest(1)).toEqual(manifest);
        await next.verify(manifest);
        expect(await readAll(next, file)).toEqual(joined(chunks));
      }),
      { numRuns: 20 },
    );
  });

  test("a checkpoint exists from its manifest on", async () => {
    const { storage, reopen } = await begin();
    const file = await storage.writeData("a", [bytesOf(10)]);
    expect(await reopen().list()).toEqual([]);
    await expect(reopen().readManifest(1)).rejects.toMatchObject({ code: "CHECKPOINT_MISSING" });
    await storage.writeManifest(manifestOf(1, [file]));
    expect(await reopen().list()).toEqual([1]);
  });

  test("ids are listed in ascending order", async () => {
    const { storage } = await begin();
    for (const id of [10, 9, 1_000_000, 100]) await storage.writeManifest(manifestOf(id, []));
    expect(await storage.list()).toEqual([9, 10, 100, 1_000_000]);
  });

  test("nothing is written twice, and the first stays as it was", async () => {
    const { storage, reopen } = await begin();
    const file = await storage.writeData("a", [bytesOf(10)]);
    await storage.writeManifest(manifestOf(1, [file]));
    for (const each of [storage, reopen()]) {
      await expect(each.writeData("a", [bytesOf(3)])).rejects.toMatchObject({ code: "CHECKPOINT_EXISTS" });
      await expect(each.writeManifest(manifestOf(1, []))).rejects.toMatchObject({ code: "CHECKPOINT_EXISTS" });
    }
    await reopen().verify(await reopen().readManifest(1));
  });

  test("a name that leaves the storage is refused, in writing and in reading", async () => {
    const { storage } = await begin();
    for (const escaping of ["../a", "a/b", "", ".", ".."]) {
      await expect(storage.writeData(escaping, [])).rejects.toMatchObject({ code: "CHECKPOINT_NAME" });
      await expect(readAll(storage, { name: escaping, bytes: 0, checksum: "00000000" })).rejects.toMatchObject({ code: "CHECKPOINT_NAME" });
    }
  });
}

function adopting(begin: () => Promise<CheckpointStorageCase>): void {
  test("a finished file is taken in by moving it, and spared until the next manifest as what was written", async () => {
    const { storage, reopen, finish } = await begin();
    const finished = await finish(bytesOf(100));
    const file = await storage.adoptData("a-0-000001.base", finished);
    expect(file).toEqual({ name: "a-0-000001.base", bytes: 100, checksum: finished.checksum });
    expect(await storage.collectGarbage([])).toEqual([]);
    await storage.writeManifest(manifestOf(1, [file]));
    await reopen().verify(manifestOf(1, [file]));
    expect(await readAll(reopen(), file)).toEqual(bytesOf(100));
    await expect(storage.adoptData("b", finished)).rejects.toMatchObject({ code: "CHECKPOINT_WRITE" });
  });

  test("a finished file does not take the place of another", async () => {
    const { storage, reopen, finish } = await begin();
    const file = await storage.writeData("a", [bytesOf(10)]);
    await storage.writeManifest(manifestOf(1, [file]));
    const finished = await finish(bytesOf(20));
    await expect(storage.adoptData("a", finished)).rejects.toMatchObject({ code: "CHECKPOINT_EXISTS" });
    await expect(storage.adoptData("../a", finished)).rejects.toMatchObject({ code: "CHECKPOINT_NAME" });
    await storage.adoptData("b", finished);
    await reopen().verify(manifestOf(1, [file]));
  });
}

function streaming(begin: () => Promise<CheckpointStorageCase>): void {
  test("a stream is written chunk by chunk: the next is asked for when the one before is written", async () => {
    const { storage, reopen } = await begin();
    let given = 0;
    let left = 0;
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let chunk = 0; chunk < 50; chunk++) {
        given++;
        yield bytesOf(100 + chunk);
        left++;
        await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
        expect(given - left).toBe(0);
      }
    }
    const file = await storage.writeData("streamed", stream());
    const expected = joined(Array.from({ length: 50 }, (_, chunk) => bytesOf(100 + chunk)));
    expect(file.bytes).toBe(expected.length);
    await storage.writeManifest(manifestOf(1, [file]));
    await reopen().verify(manifestOf(1, [file]));
    expect(await readAll(reopen(), file)).toEqual(expected);
  });

  test("a stream that fails half-way leaves nothing, says its own error, and its name is free again", async () => {
    const { storage, reopen } = await begin();
    const failure = new Error("the store can't be read");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytesOf(300_000);
      throw failure;
    }
    await expect(storage.writeData("a", failing())).rejects.toBe(failure);
    const half = { name: "a", bytes: 300_000, checksum: "00000000" };
    await expect(readAll(reopen(), half)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT", message: expect.stringContaining("no such file") });
    const file = await storage.writeData("a", [bytesOf(5)]);
    await storage.writeManifest(manifestOf(1, [file]));
    await reopen().verify(manifestOf(1, [file]));
    expect(await reopen().collectGarbage([manifestOf(1, [file])])).toEqual([]);
  });
}

const changes: readonly [string, (bytes: Uint8Array) => Uint8Array | undefined][] = [
  ["removed", () => undefined],
  ["emptied", () => new Uint8Array()],
  ["cut", (bytes) => bytes.slice(0, -1)],
  ["lengthened", (bytes) => joined([bytes, new Uint8Array(1)])],
  ["zeroed", (bytes) => new Uint8Array(bytes.length)],
  ["torn", (bytes) => bytes.map((byte, index) => (index < bytes.length / 2 ? byte : 0))],
  ["altered", (bytes) => bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte))],
];

function damage(begin: () => Promise<CheckpointStorageCase>): void {
  for (const [how, change] of changes) {
    test(`a data file that was ${how} is found and named, and checkpoints without it are whole`, async () => {
      const { storage, reopen, damage: damageFile } = await begin();
      const [first, second] = [await storage.writeData("first", [bytesOf(100)]), await storage.writeData("second", [bytesOf(99)])];
      await storage.writeManifest(manifestOf(1, [first]));
      await storage.writeManifest(manifestOf(2, [first, second]));
      await damageFile({ data: "second" }, change);
      const next = reopen();
      await next.verify(await next.readManifest(1));
      const named = { code: "CHECKPOINT_CORRUPT", message: expect.stringContaining("second") };
      await expect(next.verify(await next.readManifest(2))).rejects.toMatchObject(named);
      await expect(readAll(next, second)).rejects.toMatchObject(named);
    });

    test(`a manifest that was ${how} is found and named, and the others are whole`, async () => {
      const { storage, reopen, damage: damageFile } = await begin();
      for (const id of [1, 2]) await storage.writeManifest(manifestOf(id, []));
      await damageFile({ manifest: 2 }, change);
      const code = how === "removed" ? "CHECKPOINT_MISSING" : "CHECKPOINT_CORRUPT";
      await expect(reopen().readManifest(2)).rejects.toMatchObject({ code, message: expect.stringContaining("2") });
      expect(await reopen().list()).toEqual(how === "removed" ? [1] : [1, 2]);
      expect(await reopen().readManifest(1)).toEqual(manifestOf(1, []));
    });
  }

  test("a manifest that stands in the place of another is found", async () => {
    const { storage, reopen, damage: damageFile } = await begin();
    for (const id of [1, 2]) await storage.writeManifest(manifestOf(id, []));
    let first = new Uint8Array();
    await damageFile({ manifest: 1 }, (bytes) => {
      first = Uint8Array.from(bytes);
      return bytes;
    });
    await damageFile({ manifest: 2 }, () => first);
    await expect(reopen().readManifest(2)).rejects.toMatchObject({ code: "CHECKPOINT_CORRUPT" });
  });
}

function garbage(begin: () => Promise<CheckpointStorageCase>): void {
  test("collecting garbage removes exactly what no checkpoint needs, also what the last process left behind", async () => {
    const { storage, reopen } = await begin();
    const [shared, gone] = [await storage.writeData("shared", [bytesOf(5)]), await storage.writeData("gone", [bytesOf(6)])];
    await storage.writeManifest(manifestOf(1, [shared, gone]));
    const second = manifestOf(2, [shared]);
    await storage.writeManifest(second);
    await storage.writeData("abandoned", [bytesOf(7)]);
    await storage.removeManifest(1);
    const next = reopen();
    expect([...(await next.collectGarbage([second]))].sort()).toEqual(["abandoned", "gone"]);
    expect(await next.collectGarbage([second])).toEqual([]);
    expect(await next.list()).toEqual([2]);
    await next.verify(await next.readManifest(2));
  });

  test("collecting garbage spares what the checkpoint in flight has written", async () => {
    const { storage } = await begin();
    const first = manifestOf(1, [await storage.writeData("a", [])]);
    await storage.writeManifest(first);
    const file = await storage.writeData("b", [bytesOf(4)]);
    expect(await storage.collectGarbage([first])).toEqual([]);
    await storage.writeManifest(manifestOf(2, [file]));
    await storage.verify(await storage.readManifest(2));
  });

  test("collecting garbage refuses to take the files of a checkpoint that exists", async () => {
    const { storage, reopen } = await begin();
    await storage.writeManifest(manifestOf(1, [await storage.writeData("a", [bytesOf(4)])]));
    await expect(reopen().collectGarbage([])).rejects.toMatchObject({ code: "CHECKPOINT_GARBAGE" });
    await reopen().verify(await reopen().readManifest(1));
  });

  test("removing a checkpoint twice is fine", async () => {
    const { storage } = await begin();
    await storage.removeManifest(1);
    await storage.writeManifest(manifestOf(1, []));
    await storage.removeManifest(1);
    await storage.removeManifest(1);
    expect(await storage.list()).toEqual([]);
  });
}

function manifestOf(checkpointId: number, files: readonly DataFile[]): CheckpointManifest {
  return {
    formatVersion: 1,
    engineVersion: "0.1.0",
    kind: "checkpoint",
    jobName: "suite",
    runId: "run",
    lockToken: "0011223344556677",
    checkpointId,
    triggeredAtMs: 1_000,
    completedAtMs: 2_000,
    parallelism: 1,
    maxParallelism: 720,
    planHash: "",
    plan: { text: 'ä "quoted" \u2028 🌊', numbers: [0, -1.5, 2 ** 53, 1e-7], nothing: null },
    operators: [{ uid: "count", subtasks: [{ subtask: 0, watermark: "min", keyed: { keyGroups: { start: 0, end: 719 }, files } }] }],
  };
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff || 1);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function readAll(storage: CheckpointStorage, file: DataFile): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.readData(file)) chunks.push(chunk);
  return joined(chunks);
}
