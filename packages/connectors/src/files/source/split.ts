import type { SourceSplit } from "@millrace/contracts";
import type { FileStat, Json } from "@millrace/core";

/** What tells a file from another one, or from itself after a change. A type, not an interface, because it is Json. */
export type FileIdentity = {
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly inode: number;
  /** What the file begins with, read at its first opening. */
  readonly head?: FileHead;
};

/** The first bytes of a file: how many, and their CRC-32. */
export type FileHead = { readonly bytes: number; readonly crc32: number };

/** A file, or a range of its bytes, with the position of the record to come. */
export interface FileSplit extends SourceSplit {
  /** The path, and for a range its first byte: `flights.csv@1048576`. */
  readonly id: string;
  readonly path: string;
  /** The records that start in `[start, end)` belong to the split; null: up to the size that the file had when it was opened first. */
  readonly start: number;
  readonly end: number | null;
  /** The file as it was when it was cut into ranges or opened first; null: not opened yet. */
  readonly file: FileIdentity | null;
  /** In bytes of the uncompressed file. */
  readonly offset: number;
  /** From 1; in a range counted from its beginning. */
  readonly line: number;
  readonly records: number;
  readonly decoder: Json;
}

export function identityOf(stat: FileStat): FileIdentity {
  return { bytes: stat.bytes, modifiedMs: stat.modifiedMs, inode: stat.inode };
}

export function wholeFile(path: string): FileSplit {
  return { id: path, path, start: 0, end: null, file: null, offset: 0, line: 1, records: 0, decoder: null };
}

/** Ranges of about `splitBytes` that cover the file as it is. */
export function rangesOf(path: string, file: FileIdentity, splitBytes: number): readonly FileSplit[] {
  const splits: FileSplit[] = [];
  for (let start = 0; start < file.bytes; start += splitBytes) {
    const end = Math.min(start + splitBytes, file.bytes);
    splits.push({ ...wholeFile(path), id: `${path}@${start}`, start, end, offset: start, file });
  }
  return splits;
}
