import { posix } from "node:path";
import type { Files } from "./files.ts";

/** Replaces a small file: readers see the old one or the new one, also after a crash, which may leave a file at `temporaryPath` behind. */
export async function replaceFile(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = temporaryPath(path);
  const handle = await files.open(temporary, "write");
  try {
    await handle.write(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await files.rename(temporary, path);
  await files.syncDirectory(posix.dirname(path));
}

/** Where the new file is until it takes its place. */
export function temporaryPath(path: string): string {
  return `${path}.tmp`;
}
