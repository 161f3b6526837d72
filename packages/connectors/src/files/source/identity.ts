import { type FileStat, MillraceError } from "@millrace/core";
import type { FileIdentity } from "./split.ts";

/**
 * Refuses a file that is not the one a split was begun with; a position in it would mean other records. Accepted are the
 * same file unchanged; the same file grown (a log: what was added later is not read); and a copy under the same name
 * with the same size and modification time (restored from a backup). Throws SOURCE_FILE_CHANGED.
 */
export function verifyIdentity(path: string, known: FileIdentity, now: FileStat | undefined): void {
  if (now === undefined) throw changed(path, "is gone");
  if (now.kind !== "file") throw changed(path, "is no file any more");
  const untouched = now.bytes === known.bytes && now.modifiedMs === known.modifiedMs;
  if (untouched) return;
  if (now.inode !== known.inode) throw changed(path, "was replaced by another file");
  if (now.bytes < known.bytes) throw changed(path, `shrank from ${known.bytes} to ${now.bytes} bytes`);
  if (now.bytes === known.bytes) throw changed(path, "was written to in place");
}

export function changed(path: string, what: string): MillraceError {
  return new MillraceError("SOURCE_FILE_CHANGED", `${path} ${what} while the job was reading it`, {
    hint: "put the file back as it was and run again, or start over with --fresh; input files are moved in by rename and never changed",
    where: { position: path },
  });
}
