import { crc32 } from "node:zlib";
import { type FileHandle, type FileStat, MillraceError } from "@millrace/core";
import type { FileHead, FileIdentity } from "./split.ts";

/** The bytes of a file's beginning that its identity knows. */
const headBytesMax = 4096;

/**
 * Refuses a file that is not the one a split was begun with; a position in it would mean other records. Accepted are the
 * same file unchanged; the same file grown (a log: what was added later is not read); and a copy under the same name
 * with the same size and modification time (restored from a backup). Throws SOURCE_FILE_CHANGED.
 */
function verifyIdentity(path: string, known: FileIdentity, now: FileStat): void {
  if (now.kind !== "file") throw changed(path, "is no file any more");
  if (isUntouched(known, now)) return;
  if (now.inode !== known.inode) throw changed(path, "was replaced by another file");
  if (now.bytes < known.bytes) throw changed(path, `shrank from ${known.bytes} to ${now.bytes} bytes`);
  if (now.bytes === known.bytes) throw changed(path, "was written to in place");
}

/**
 * As `verifyIdentity`, with a look into the file: one that was removed and written anew may have got the same inode and
 * be longer, and so may one that was emptied and filled again. Neither begins as the known one did.
 */
export async function verifyContent(path: string, known: FileIdentity, handle: FileHandle): Promise<void> {
  const now = await handle.stat();
  verifyIdentity(path, known, now);
  if (known.head === undefined || isUntouched(known, now)) return;
  const head = await readHead(handle, known.head.bytes);
  if (head.bytes !== known.head.bytes || head.crc32 !== known.head.crc32) throw changed(path, "was written anew");
}

/** The file's first `bytes`, at most those that identities know. */
export async function readHead(handle: FileHandle, bytes: number): Promise<FileHead> {
  const head = Buffer.alloc(Math.min(bytes, headBytesMax));
  let length = 0;
  while (length < head.length) {
    const count = await handle.read(head.subarray(length), length);
    if (count === 0) break;
    length += count;
  }
  return { bytes: length, crc32: crc32(head.subarray(0, length)) };
}

function isUntouched(known: FileIdentity, now: FileStat): boolean {
  return now.bytes === known.bytes && now.modifiedMs === known.modifiedMs;
}

export function changed(path: string, what: string): MillraceError {
  return new MillraceError("SOURCE_FILE_CHANGED", `${path} ${what} while the job was reading it`, {
    hint: "put the file back as it was and run again, or start over with --fresh; input files are moved in by rename and never changed",
    where: { position: path },
  });
}
