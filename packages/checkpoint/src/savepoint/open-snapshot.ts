import { basename, dirname, join } from "node:path";
import type { CheckpointManifest, DataFile } from "@millrace/contracts";
import { type Files, MillraceError } from "@millrace/core";
import { readVerified } from "../storage/data-reader.ts";
import { readFailed } from "../storage/errors.ts";
import { createFileCheckpointStorage } from "../storage/file-storage.ts";
import { dataFilesOf, decodeManifest } from "../storage/manifest-text.ts";
import { checkDataName, manifestIdOf } from "../storage/names.ts";
import { claimName, savepointManifestName } from "./savepoint-names.ts";

/** A checkpoint or a savepoint, opened to be read. */
export interface SnapshotFiles {
  /** Of the savepoint's directory, or of the checkpoint's manifest. */
  readonly path: string;
  readonly manifest: CheckpointManifest;
  /** As CheckpointStorage.readData. */
  readData(file: DataFile): AsyncIterable<Uint8Array>;
  /** Reads all of it. Throws CHECKPOINT_CORRUPT, which names the first damaged file, or CHECKPOINT_READ. */
  verify(): Promise<void>;
}

/**
 * Opens the snapshot at `path`: a savepoint's directory, a checkpoint's manifest (`chk-000012.json`), or a directory with
 * checkpoints (also a job's state directory), which stands for the newest of them. Its manifest has been verified, its data
 * files have not. Throws SNAPSHOT_NONE, SAVEPOINT_INCOMPLETE, and what reading a manifest throws.
 */
export async function openSnapshot(files: Files, path: string): Promise<SnapshotFiles> {
  const stat = await reading(path, () => files.stat(path));
  if (stat === undefined) throw none(path, "there is nothing");
  if (stat.kind === "directory") return openDirectory(files, path);
  if (basename(path) === savepointManifestName) return openSavepoint(files, dirname(path));
  const checkpointId = manifestIdOf(basename(path));
  if (checkpointId === undefined) throw none(path, "it is a file, but no manifest");
  return openCheckpoint(files, dirname(path), checkpointId);
}

async function openDirectory(files: Files, path: string): Promise<SnapshotFiles> {
  const names = await reading(path, () => files.list(path));
  if (names.includes(savepointManifestName)) return openSavepoint(files, path);
  if (names.includes(claimName)) {
    throw new MillraceError("SAVEPOINT_INCOMPLETE", `${path} is a savepoint that was never finished: it has no manifest`, {
      hint: "it is being written, or its job died meanwhile; then take another and remove this one",
    });
  }
  const directory = names.includes("checkpoints") ? join(path, "checkpoints") : path;
  const newest = (await createFileCheckpointStorage({ files, directory }).list()).at(-1);
  if (newest === undefined) throw none(path, "it holds neither a savepoint nor checkpoints");
  return openCheckpoint(files, directory, newest);
}

async function openSavepoint(files: Files, path: string): Promise<SnapshotFiles> {
  const manifestPath = `${path}/${savepointManifestName}`;
  const manifest = decodeManifest(await reading(manifestPath, () => files.readFile(manifestPath)), manifestPath, undefined);
  if (manifest.kind !== "savepoint") throw none(path, "its manifest is that of a checkpoint");
  return snapshotFiles(path, manifest, (file) => {
    checkDataName(file.name);
    return readVerified(files, `${path}/${file.name}`, file);
  });
}

async function openCheckpoint(files: Files, directory: string, checkpointId: number): Promise<SnapshotFiles> {
  const storage = createFileCheckpointStorage({ files, directory });
  const manifest = await storage.readManifest(checkpointId);
  return snapshotFiles(`${directory}/chk-${String(checkpointId).padStart(6, "0")}.json`, manifest, (file) => storage.readData(file));
}

function snapshotFiles(path: string, manifest: CheckpointManifest, readData: SnapshotFiles["readData"]): SnapshotFiles {
  return {
    path,
    manifest,
    readData,
    async verify() {
      for (const file of dataFilesOf(manifest)) for await (const _chunk of readData(file));
    },
  };
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw readFailed(path, error);
  }
}

function none(path: string, why: string): MillraceError {
  return new MillraceError("SNAPSHOT_NONE", `${path} is no snapshot: ${why}`, {
    hint: "name a savepoint's directory, a checkpoint's manifest (…/checkpoints/chk-000012.json), or a job's state directory",
  });
}
