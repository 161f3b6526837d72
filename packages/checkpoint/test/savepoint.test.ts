import type { CheckpointManifest, DataFile } from "@millrace/contracts";
import { type Files, MillraceError, seededRandom } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { beginSavepoint, createFileCheckpointStorage, dataFilesOf, openSnapshot } from "../src/index.ts";
import { encodeManifest } from "../src/storage/manifest-text.ts";
import { bytesOf, errorOf, manifestOf } from "./example.ts";

const path = "/savepoints/sp-7";
const names = ["a-00000.records", "a-00360.records"];

async function* contentOf(name: string): AsyncGenerator<Uint8Array> {
  yield bytesOf(name, 40);
  yield bytesOf(name, 7);
}

function savepointOf(files: readonly DataFile[]): CheckpointManifest {
  const manifest = manifestOf(7, []);
  const keyed = files.map((file, part) => ({ keyGroups: { start: part * 360, end: part * 360 + 359 }, files: [file] }));
  return { ...manifest, kind: "savepoint", operators: [{ uid: "count", subtasks: [{ subtask: 0 }], keyed }] };
}

async function write(files: Files, directory = path): Promise<CheckpointManifest> {
  const writer = await beginSavepoint(files, directory);
  try {
    const written: DataFile[] = [];
    for (const name of names) written.push(await writer.writeData(name, contentOf(name)));
    const manifest = savepointOf(written);
    await writer.finish(manifest);
    return manifest;
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function disk(): Promise<VolatileDisk> {
  const made = new VolatileDisk();
  await made.makeDirectory("/savepoints");
  await made.syncDirectory("/");
  return made;
}

async function operationsOf(work: (files: VolatileDisk) => Promise<unknown>): Promise<number> {
  const made = await disk();
  const before = made.operations;
  await work(made);
  return made.operations - before;
}

describe("a savepoint", () => {
  test("is read back by anyone who is given its directory or its manifest", async () => {
    const made = await disk();
    const manifest = await write(made);
    for (const place of [path, `${path}/manifest.json`]) {
      const snapshot = await openSnapshot(made, place);
      expect(snapshot.manifest).toEqual(manifest);
      expect(snapshot.path).toBe(path);
      await snapshot.verify();
    }
  });

  test("is never written over another, over files, or beside one that is being written", async () => {
    const made = await disk();
    await write(made);
    await expect(write(made)).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS", message: expect.stringContaining("holds a savepoint") });
    await beginSavepoint(made, "/savepoints/two");
    await expect(write(made, "/savepoints/two")).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS" });
    await made.makeDirectory("/savepoints/full");
    await (await made.open("/savepoints/full/letters", "write")).close();
    await expect(write(made, "/savepoints/full")).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS", message: expect.stringContaining("not empty") });
    await expect(write(made, "/savepoints/full/letters")).rejects.toMatchObject({ code: "SAVEPOINT_EXISTS" });
    await (await openSnapshot(made, path)).verify();
  });

  test("is whole or not there after a crash at any moment", async () => {
    const operations = await operationsOf((files) => write(files));
    expect(operations).toBeGreaterThan(10);
    for (let at = 1; at <= operations; at++) {
      for (let seed = 0; seed < 8; seed++) {
        const made = await disk();
        made.fault = { at: made.operations + at, kind: "crash", code: "EIO" };
        const finished = (await errorOf(() => write(made))) === undefined;
        const after = made.crash(seededRandom(seed));
        const error = await errorOf(async () => (await openSnapshot(after, path)).verify());
        if (finished) expect(error, `crash at ${at}, seed ${seed}`).toBeUndefined();
        else if (error !== undefined) expect((error as MillraceError).code).toMatch(/^(SNAPSHOT_NONE|SAVEPOINT_INCOMPLETE)$/);
      }
    }
  });

  /** After making the directory and syncing the one around it. */
  const SYNC_ABOVE = 3;

  test("leaves nothing behind when an operation fails, and says why", async () => {
    const operations = await operationsOf((files) => write(files));
    for (const code of ["ENOSPC", "EROFS", "EACCES"]) {
      for (let at = 1; at <= operations; at++) {
        const made = await disk();
        made.fault = { at: made.operations + at, kind: "fail", code };
        const error = await errorOf(() => write(made));
        // The name of the directory that savepoints lie in is somebody else's to make durable where it may not be read.
        if (code === "EACCES" && at === SYNC_ABOVE) {
          expect(error).toBeUndefined();
          continue;
        }
        expect(error, `${code} at ${at}`).toBeInstanceOf(MillraceError);
        expect((error as MillraceError).code).toBe("CHECKPOINT_WRITE");
        expect((error as MillraceError).hint).not.toContain("the state directory");
        expect((error as MillraceError).hint).toMatch(code === "ENOSPC" ? /full/ : code === "EROFS" ? /read-only/ : /right/);
        expect(await made.list("/savepoints"), `${code} at ${at}`).toEqual([]);
        await write(made);
      }
    }
  });
});

describe("reading a snapshot", () => {
  test("names what is missing, altered, cut or not finished", async () => {
    const made = await disk();
    await write(made);
    for (const name of names) {
      const whole = await made.readFile(`${path}/${name}`);
      for (const bytes of [undefined, whole.slice(0, 30), whole.map((byte, index) => (index === 20 ? byte ^ 4 : byte))]) {
        made.tamper(`${path}/${name}`, bytes);
        const error = await errorOf(async () => (await openSnapshot(made, path)).verify());
        expect(error).toMatchObject({ code: "CHECKPOINT_CORRUPT", message: expect.stringContaining(`${path}/${name}`) });
      }
      made.tamper(`${path}/${name}`, whole);
    }
    made.tamper(`${path}/manifest.json`, undefined);
    await expect(openSnapshot(made, path)).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
    await expect(openSnapshot(made, "/savepoints/none")).rejects.toMatchObject({ code: "SNAPSHOT_NONE" });
    await beginSavepoint(made, "/savepoints/begun");
    await expect(openSnapshot(made, "/savepoints/begun")).rejects.toMatchObject({ code: "SAVEPOINT_INCOMPLETE" });
  });

  test("refuses a newer format, a uid that is there twice, and names that leave the directory", async () => {
    const made = await disk();
    const manifest = await write(made);
    const refused = async (change: object) => {
      made.tamper(`${path}/manifest.json`, encodeManifest({ ...manifest, ...change } as CheckpointManifest));
      return errorOf(() => openSnapshot(made, path));
    };
    expect(await refused({ formatVersion: 2, engineVersion: "9.0.0" })).toMatchObject({
      code: "CHECKPOINT_VERSION",
      hint: "run the job with Millrace 9.0.0 or newer",
    });
    expect(await refused({ operators: [...manifest.operators, ...manifest.operators] })).toMatchObject({
      code: "CHECKPOINT_UID_TWICE",
      where: { uid: "count" },
    });
    const outside = { name: "../../etc/passwd", bytes: 1, checksum: "00000000" };
    const operators = [{ uid: "count", subtasks: [], keyed: [{ keyGroups: { start: 0, end: 719 }, files: [outside] }] }];
    expect(await refused({ operators })).toMatchObject({ code: "CHECKPOINT_NAME" });
  });

  test("finds checkpoints by their manifest, their directory, and the job's state directory", async () => {
    const made = await disk();
    const storage = createFileCheckpointStorage({ files: made, directory: "/job/checkpoints" });
    for (const id of [3, 12]) await storage.writeManifest(manifestOf(id, [await storage.writeData(`a-${id}`, [bytesOf("a", 9)])]));
    for (const [place, id] of [
      ["/job", 12],
      ["/job/checkpoints", 12],
      ["/job/checkpoints/chk-000003.json", 3],
    ] as const) {
      const snapshot = await openSnapshot(made, place);
      expect(snapshot.manifest.checkpointId).toBe(id);
      expect(dataFilesOf(snapshot.manifest)).toHaveLength(1);
      await snapshot.verify();
    }
  });
});
