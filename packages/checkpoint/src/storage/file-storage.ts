import { dirname } from "node:path";
import type { CheckpointManifest, CheckpointStorage, Chunks, DataFile, FinishedFile } from "@millrace/contracts";
import { assert, type Files, MillraceError } from "@millrace/core";
import { Checksum } from "./checksum.ts";
import { readVerified } from "./data-reader.ts";
import { writeDurably } from "./durable-write.ts";
import { corrupt, inDoubt, readFailed, systemCode, writeFailed } from "./errors.ts";
import { dataFilesOf, decodeManifest, encodeManifest } from "./manifest-text.ts";
import { checkDataName, manifestIdOf, manifestName, TEMPORARY_SUFFIX } from "./names.ts";

export interface FileCheckpointStorageOptions {
  readonly files: Files;
  /** The directory of the checkpoints itself, e.g. `.millrace/flights/checkpoints`. Made with mode 0700 at the first write. */
  readonly directory: string;
  /** Manifests and garbage are another instance's matter, so this one need not know what it has written; false when absent. */
  readonly onlyData?: boolean;
}

/**
 * Checkpoints in a directory of a file system: `data/<name>` holds data files, `chk-000012.json` the manifests.
 * Every file is written under a temporary name, fsynced and renamed. The directory of the data is synced once per
 * checkpoint, before its manifest is written, so a manifest never outlives a crash that its data did not.
 *
 * Several instances may write data into one directory at a time (one per worker thread, names differ); manifests and
 * garbage are the matter of one. `collectGarbage` spares what its own instance wrote since its last manifest; what other
 * instances are writing meanwhile must be of checkpoints that were given up.
 */
export function createFileCheckpointStorage(options: FileCheckpointStorageOptions): CheckpointStorage {
  return new FileCheckpointStorage(options);
}

class FileCheckpointStorage implements CheckpointStorage {
  readonly #files: Files;
  readonly #directory: string;
  readonly #dataDirectory: string;
  readonly #onlyData: boolean;
  /** Data files of this instance that no manifest has had a chance to name; where others write those, the ones under way. */
  readonly #unnamed = new Set<string>();
  #proven: Promise<void> | undefined;
  #prepared: Promise<void> | undefined;
  #inDoubt: MillraceError | undefined;

  constructor({ files, directory, onlyData = false }: FileCheckpointStorageOptions) {
    this.#files = files;
    this.#onlyData = onlyData;
    this.#directory = directory;
    this.#dataDirectory = `${directory}/data`;
  }

  async writeData(name: string, chunks: Chunks): Promise<DataFile> {
    checkDataName(name);
    if (this.#unnamed.has(name)) throw alreadyThere(this.#dataPath(name));
    this.#unnamed.add(name);
    const checksum = new Checksum();
    let bytes = 0;
    try {
      await this.#prepare();
      await this.#refuseExisting(this.#dataPath(name));
      await writeDurably(this.#files, this.#dataPath(name), chunks, (chunk) => {
        checksum.add(chunk);
        bytes += chunk.length;
      });
    } catch (error) {
      this.#unnamed.delete(name);
      throw error;
    }
    if (this.#onlyData) this.#unnamed.delete(name);
    return { name, bytes, checksum: checksum.hex };
  }

  async adoptData(name: string, { path, bytes, checksum }: FinishedFile): Promise<DataFile> {
    checkDataName(name);
    const into = this.#dataPath(name);
    if (this.#unnamed.has(name)) throw alreadyThere(into);
    this.#unnamed.add(name);
    try {
      await this.#prepare();
      await this.#refuseExisting(into);
      await this.#files.rename(path, into).catch((error: unknown) => {
        throw writeFailed(into, error);
      });
    } catch (error) {
      this.#unnamed.delete(name);
      throw error;
    }
    if (this.#onlyData) this.#unnamed.delete(name);
    return { name, bytes, checksum };
  }

  async writeManifest(manifest: CheckpointManifest): Promise<void> {
    assert(!this.#onlyData, "manifests are written by the instance that collects garbage");
    this.#refuseInDoubt();
    const path = this.#manifestPath(manifest.checkpointId);
    const bytes = encodeManifest(manifest);
    await this.#prepare();
    await this.#refuseExisting(path);
    await this.#sync(this.#dataDirectory);
    await writeDurably(this.#files, path, [bytes]);
    try {
      await this.#sync(this.#directory);
    } catch (error) {
      await this.#takeBack(path, error);
      throw error;
    }
    this.#unnamed.clear();
  }

  /**
   * The sync that failed may have brought the name to the disk. Only what is durably gone has been given up: whoever goes on
   * without the checkpoint takes away what it would publish.
   */
  async #takeBack(path: string, cause: unknown): Promise<void> {
    try {
      await this.#remove(path);
      await this.#sync(this.#directory);
    } catch {
      this.#inDoubt = inDoubt(path, cause);
      throw this.#inDoubt;
    }
  }

  #refuseInDoubt(): void {
    if (this.#inDoubt !== undefined) throw this.#inDoubt;
  }

  async list(): Promise<readonly number[]> {
    this.#refuseInDoubt();
    const names = await this.#names(this.#directory);
    return names.flatMap((name) => manifestIdOf(name) ?? []).sort((a, b) => a - b);
  }

  async readManifest(checkpointId: number): Promise<CheckpointManifest> {
    this.#refuseInDoubt();
    const path = this.#manifestPath(checkpointId);
    let bytes: Uint8Array;
    try {
      bytes = await this.#files.readFile(path);
    } catch (error) {
      if (systemCode(error) === "ENOENT") throw await this.#missing(checkpointId);
      throw readFailed(path, error);
    }
    const manifest = decodeManifest(bytes, path, checkpointId);
    await this.#namesAreDurable();
    return manifest;
  }

  /**
   * A process that died between the rename of a manifest and the sync of its directory leaves one that a power cut could
   * still take away, after what it publishes has been published by whoever read it.
   */
  #namesAreDurable(): Promise<void> {
    this.#proven ??= this.#sync(this.#directory).catch((error: unknown) => {
      this.#proven = undefined;
      throw error;
    });
    return this.#proven;
  }

  readData(file: DataFile): AsyncIterable<Uint8Array> {
    checkDataName(file.name);
    return readVerified(this.#files, this.#dataPath(file.name), file);
  }

  async verify(manifest: CheckpointManifest, read?: ReadonlySet<string>): Promise<void> {
    for (const file of dataFilesOf(manifest)) {
      if (read?.has(file.name) === false) await this.#checkLength(file);
      else for await (const _chunk of this.readData(file));
    }
  }

  async #checkLength(file: DataFile): Promise<void> {
    const path = this.#dataPath(file.name);
    const found = await this.#files.stat(path).catch((error: unknown) => {
      throw readFailed(path, error);
    });
    if (found?.bytes !== file.bytes) throw corrupt(path, `${file.bytes} bytes`, found === undefined ? "no such file" : `${found.bytes} bytes`);
  }

  async removeManifest(checkpointId: number): Promise<void> {
    const path = this.#manifestPath(checkpointId);
    if (!(await this.#exists(path))) return;
    await this.#remove(path);
    await this.#sync(this.#directory);
  }

  async collectGarbage(keep: readonly CheckpointManifest[]): Promise<readonly string[]> {
    assert(!this.#onlyData, "garbage is collected by the instance that writes manifests");
    const kept = new Set(keep.map((manifest) => manifest.checkpointId));
    const forgotten = (await this.list()).find((id) => !kept.has(id));
    if (forgotten !== undefined) throw stillThere(this.#manifestPath(forgotten));
    const needed = new Set(keep.flatMap((manifest) => dataFilesOf(manifest).map((file) => file.name)));
    const removed: string[] = [];
    for (const name of await this.#names(this.#dataDirectory)) {
      if (needed.has(name) || this.#unnamed.has(withoutSuffix(name))) continue;
      await this.#remove(this.#dataPath(name));
      removed.push(name);
    }
    for (const name of await this.#names(this.#directory)) {
      if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
      await this.#remove(`${this.#directory}/${name}`);
      removed.push(name);
    }
    return removed;
  }

  #dataPath(name: string): string {
    return `${this.#dataDirectory}/${name}`;
  }

  #manifestPath(checkpointId: number): string {
    return `${this.#directory}/${manifestName(checkpointId)}`;
  }

  /** Makes the directories once, and their names durable. A failure is tried again at the next write. */
  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeDirectories().catch((error: unknown) => {
      this.#prepared = undefined;
      throw writeFailed(this.#dataDirectory, error);
    });
    return this.#prepared;
  }

  async #makeDirectories(): Promise<void> {
    await this.#files.makeDirectory(this.#dataDirectory, 0o700);
    await this.#files.syncDirectory(this.#directory);
    await this.#files.syncDirectory(dirname(this.#directory));
  }

  async #refuseExisting(path: string): Promise<void> {
    if (await this.#exists(path)) throw alreadyThere(path);
  }

  async #exists(path: string): Promise<boolean> {
    try {
      return (await this.#files.stat(path)) !== undefined;
    } catch (error) {
      throw readFailed(path, error);
    }
  }

  async #sync(directory: string): Promise<void> {
    try {
      await this.#files.syncDirectory(directory);
    } catch (error) {
      throw writeFailed(directory, error);
    }
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#files.remove(path);
    } catch (error) {
      throw writeFailed(path, error);
    }
  }

  async #names(directory: string): Promise<readonly string[]> {
    try {
      return await this.#files.list(directory);
    } catch (error) {
      throw readFailed(directory, error);
    }
  }

  async #missing(checkpointId: number): Promise<MillraceError> {
    const ids = await this.list();
    return new MillraceError("CHECKPOINT_MISSING", `there is no checkpoint ${checkpointId} in ${this.#directory}`, {
      hint: ids.length === 0 ? "there is none at all: start without --from" : `there are: ${ids.map((id) => `chk-${id}`).join(", ")}`,
    });
  }
}

function withoutSuffix(name: string): string {
  return name.endsWith(TEMPORARY_SUFFIX) ? name.slice(0, -TEMPORARY_SUFFIX.length) : name;
}

function alreadyThere(path: string): MillraceError {
  return new MillraceError("CHECKPOINT_EXISTS", `the checkpoint file ${path} exists already; checkpoint files are never written twice`, {
    hint: "two runs may share this state directory: stop one of them",
  });
}

function stillThere(path: string): MillraceError {
  return new MillraceError("CHECKPOINT_GARBAGE", `${path} exists, but its checkpoint is not among those to keep; nothing was removed`, {
    hint: "remove the manifest first",
  });
}
