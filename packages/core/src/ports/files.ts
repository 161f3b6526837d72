/**
 * The file system as the engine sees it. Paths are absolute or relative to the process. Every failure is an Error with
 * Node's `code` (ENOENT, ENOSPC, EACCES, …). Nothing but an adapter and the simulator implements it.
 */
export interface Files {
  /** `read`: must exist. `write`: created or cut to nothing. `append`: created if missing, kept. `exclusive`: must not exist. */
  open(path: string, mode: "read" | "write" | "append" | "exclusive"): Promise<FileHandle>;
  readFile(path: string): Promise<Uint8Array>;
  /** undefined when there is nothing at `path`. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a directory, sorted; empty when it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** Makes the directory and its parents; fine when it exists. `mode` as in chmod. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** Atomic within one file system; replaces the target. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; fine when there is none. */
  remove(path: string): Promise<void>;
  truncate(path: string, length: number): Promise<void>;
  /** Makes renames and creations in the directory durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Tells a replaced file from the one that was opened. */
  readonly inode: number;
  /** Numbers of inodes are of one device. Absent where no directory can be linked into itself. */
  readonly device?: number;
}

export interface FileHandle {
  /** Fills `into` from `position`; returns how many bytes came, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** As `read`, without waiting: for single look-ups in a file that lies close by. */
  readSync(into: Uint8Array, position: number): number;
  /** Appends all of `bytes` at the handle's own position. */
  write(bytes: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  stat(): Promise<FileStat>;
  /** Data and length are on disk when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
