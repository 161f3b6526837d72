import type { CheckpointManifest, DataFile } from "@millrace/contracts";
import { assert, type Files, MillraceError, makeDurableDirectory } from "@millrace/core";
import { Checksum } from "../storage/checksum.ts";
import { removeQuietly, writeDurably } from "../storage/durable-write.ts";
import { systemCode, writeFailed } from "../storage/errors.ts";
import { dataFilesOf, encodeManifest } from "../storage/manifest-text.ts";
import { checkDataName } from "../storage/names.ts";
import { claimName, savepointManifestName } from "./savepoint-names.ts";

/** A savepoint that is being written. It exists when its manifest does. */
export interface SavepointWriter {
  readonly directory: string;
  /** Writes and fsyncs a data file. Chunks are taken one by one. Throws CHECKPOINT_WRITE, or what `chunks` throws. */
  writeData(name: string, chunks: AsyncIterable<Uint8Array>): Promise<DataFile>;
  /** Makes the savepoint exist. `manifest` names all files written, and no others. */
  finish(manifest: CheckpointManifest): Promise<void>;
  /** Removes what was written. Never rejects. */
  abandon(): Promise<void>;
}

/**
 * Begins a savepoint in a directory that is empty or does not exist; it is made with mode 0700. Nobody else can write there
 * meanwhile. Throws SAVEPOINT_EXISTS, CHECKPOINT_WRITE.
 */
export async function beginSavepoint(files: Files, directory: string): Promise<SavepointWriter> {
  const existed = (await files.stat(directory)) !== undefined;
  await refuseOccupied(files, directory);
  const claim = `${directory}/${claimName}`;
  try {
    await makeDurableDirectory(files, directory, 0o700);
    await (await files.open(claim, "exclusive")).close();
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw occupied(directory, "another savepoint is being written there");
    await removeQuietly(files, existed ? claim : directory);
    throw writeFailed(directory, error);
  }
  const written = new Map<string, DataFile>();
  return {
    directory,
    async writeData(name, chunks) {
      checkDataName(name);
      assert(!written.has(name), `the savepoint's file ${name} is written once`);
      const checksum = new Checksum();
      let bytes = 0;
      await writeDurably(files, `${directory}/${name}`, chunks, (chunk) => {
        checksum.add(chunk);
        bytes += chunk.length;
      });
      const file = { name, bytes, checksum: checksum.hex };
      written.set(name, file);
      return file;
    },
    async finish(manifest) {
      const named = dataFilesOf(manifest);
      assert(named.length === written.size && named.every((file) => written.has(file.name)), "the manifest names the files that were written");
      await durable(directory, () => files.syncDirectory(directory));
      await writeDurably(files, `${directory}/${savepointManifestName}`, [encodeManifest(manifest)]);
      await durable(directory, async () => {
        await files.remove(claim);
        await files.syncDirectory(directory);
      });
    },
    async abandon() {
      if (!existed) return removeQuietly(files, directory);
      // The manifest first: what is left of the savepoint must not look whole.
      for (const name of [savepointManifestName, ...written.keys(), claimName]) await removeQuietly(files, `${directory}/${name}`);
    },
  };
}

/** Throws SAVEPOINT_EXISTS when something stands where a savepoint is to go. */
export async function refuseOccupied(files: Files, directory: string): Promise<void> {
  const stat = await files.stat(directory);
  if (stat === undefined) return;
  if (stat.kind !== "directory") throw occupied(directory, "there is a file of that name");
  const names = await files.list(directory);
  if (names.includes(savepointManifestName)) throw occupied(directory, "it holds a savepoint");
  if (names.includes(claimName)) throw occupied(directory, "it holds a savepoint that is being written, or was never finished");
  if (names.length > 0) throw occupied(directory, "it is not empty");
}

function occupied(directory: string, why: string): MillraceError {
  return new MillraceError("SAVEPOINT_EXISTS", `no savepoint can be written to ${directory}: ${why}`, {
    hint: "choose another path; a savepoint is never written over another",
  });
}

async function durable(directory: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw writeFailed(directory, error);
  }
}
