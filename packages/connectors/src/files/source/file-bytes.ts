import { type FileHandle, type FileStat, type Files, MillraceError, messageOf } from "@millrace/core";
import { type Compression, decompressed } from "./decompress.ts";
import { changed, readHead, verifyContent } from "./identity.ts";
import { type FileIdentity, identityOf } from "./split.ts";

export interface OpenFile {
  readonly path: string;
  /** Undefined: this is the first opening, and any file will do. */
  readonly known: FileIdentity | undefined;
  readonly compression: Compression;
  /** In bytes of the uncompressed file. */
  readonly offset: number;
  /** The file was found and is the right one; called once, before the first bytes. */
  readonly opened: (identity: FileIdentity) => void;
}

const chunkBytes = 1 << 20;
/** Past the recorded size only the rest of an unfinished record is wanted. */
const tailBytes = 64 << 10;

/** The bytes of a file from `offset` on. Opens it, checks that it is the known one, and that it stayed so to its end. */
export async function* fileBytes(files: Files, file: OpenFile): AsyncGenerator<Buffer> {
  const handle = await openKnown(files, file);
  try {
    const identity = await identified(handle, file).catch(unreadable(file.path));
    file.opened(identity);
    if (file.compression === "none") yield* plainBytes(handle, file.path, identity, file.offset);
    else yield* skipping(decompressed(file.compression, plainBytes(handle, file.path, identity, 0, identity.bytes), file.path), file.offset);
  } finally {
    await handle.close();
  }
}

/** What tells the file at `path` from others. */
export async function identify(files: Files, path: string): Promise<FileIdentity> {
  const handle = await openKnown(files, { path, known: undefined });
  try {
    return await identified(handle, { path, known: undefined }).catch(unreadable(path));
  } finally {
    await handle.close();
  }
}

type Sought = Pick<OpenFile, "path" | "known">;

async function openKnown(files: Files, { path, known }: Sought): Promise<FileHandle> {
  const stat: FileStat | undefined = await files.stat(path).catch(unreadable(path));
  if (stat === undefined) throw known === undefined ? changed(path, "was removed before it was read") : changed(path, "is gone");
  return files.open(path, "read").catch(unreadable(path));
}

/** The identity of the file that was opened, which has to be the known one. */
async function identified(handle: FileHandle, { path, known }: Sought): Promise<FileIdentity> {
  if (known !== undefined) await verifyContent(path, known, handle);
  const now = await handle.stat();
  // A copy may have taken the place of the known file.
  const identity = known === undefined ? identityOf(now) : { ...known, inode: now.inode };
  return identity.head === undefined ? { ...identity, head: await readHead(handle, identity.bytes) } : identity;
}

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError("SOURCE_READ", `${path} can't be read: ${messageOf(error)}`, {
      cause: error,
      hint: "check that the file is there and that this user may read it",
      where: { position: path },
    });
  };
}

async function* plainBytes(
  handle: FileHandle,
  path: string,
  identity: FileIdentity,
  from: number,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let position = from;
  while (position < to) {
    const wanted = position < identity.bytes ? Math.min(chunkBytes, identity.bytes - position) : tailBytes;
    const chunk = Buffer.allocUnsafe(wanted);
    const count = await handle.read(chunk, position).catch(unreadable(path));
    if (count === 0) {
      if (position < identity.bytes) throw changed(path, `shrank from ${identity.bytes} to ${position} bytes`);
      break;
    }
    position += count;
    // The last chunk goes out when the file was seen unchanged after its reading.
    if (position >= identity.bytes) await verifyContent(path, identity, handle).catch(unreadable(path));
    yield chunk.subarray(0, count);
  }
}

async function* skipping(chunks: AsyncGenerator<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of chunks) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield chunk.subarray(left);
      left = 0;
    }
  }
}
