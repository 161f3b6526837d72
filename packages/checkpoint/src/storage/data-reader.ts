import type { DataFile } from "@millrace/contracts";
import type { FileHandle, Files } from "@millrace/core";
import { Checksum } from "./checksum.ts";
import { corrupt, readFailed, systemCode } from "./errors.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * Streams a data file in chunks of at most 1 MiB that belong to the reader. A wrong length is found before the first
 * chunk, a wrong checksum after the last: CHECKPOINT_CORRUPT names the file. What was read before it must be thrown away.
 */
export async function* readVerified(files: Files, path: string, file: DataFile): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await openData(files, path, file);
  try {
    const found = await reading(path, () => handle.stat());
    if (found.bytes !== file.bytes) throw corrupt(path, `${file.bytes} bytes`, `${found.bytes} bytes`);
    const checksum = new Checksum();
    let position = 0;
    while (position < file.bytes) {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.bytes - position));
      const at = position;
      const length = await reading(path, () => handle.read(chunk, at));
      if (length === 0) throw corrupt(path, `${file.bytes} bytes`, `its end after ${position} bytes`);
      position += length;
      const part = chunk.subarray(0, length);
      checksum.add(part);
      yield part;
    }
    if (checksum.hex !== file.checksum) throw corrupt(path, `checksum ${file.checksum}`, `checksum ${checksum.hex}`);
  } finally {
    await handle.close();
  }
}

async function openData(files: Files, path: string, file: DataFile): Promise<FileHandle> {
  try {
    return await files.open(path, "read");
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw corrupt(path, `${file.bytes} bytes`, "no such file");
    throw readFailed(path, error);
  }
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw readFailed(path, error);
  }
}
