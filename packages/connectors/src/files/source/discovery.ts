import { posix } from "node:path";
import type { FileStat, Files } from "@millrace/core";
import picomatch from "picomatch";

export interface FoundFile {
  readonly path: string;
  readonly stat: FileStat;
}

/**
 * The files that the patterns name, each once, ordered by path. A pattern is a file, a directory (all files below it),
 * or a glob. Names that begin with a dot or an underscore are passed over, as they are files still being written,
 * unless the pattern names them in full.
 */
export async function discover(files: Files, patterns: readonly string[]): Promise<readonly FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    for (const file of await discoverOne(files, pattern)) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function discoverOne(files: Files, pattern: string): Promise<readonly FoundFile[]> {
  const path = posix.normalize(pattern);
  // A name that exists is meant literally, also with brackets in it.
  const stat = await files.stat(path);
  if (stat?.kind === "file") return [{ path, stat }];
  if (stat?.kind === "directory") return walk(files, path, () => true);
  const { base, glob } = picomatch.scan(path);
  if (glob === "") return [];
  const matches = picomatch(glob);
  const root = base === "" ? "." : base;
  return walk(files, root, (file) => matches(posix.relative(root, file)));
}

async function walk(files: Files, directory: string, wanted: (path: string) => boolean): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of await files.list(directory)) {
    if (name.startsWith(".") || name.startsWith("_")) continue;
    const path = posix.join(directory, name);
    const stat = await files.stat(path);
    if (stat?.kind === "directory") found.push(...(await walk(files, path, wanted)));
    else if (stat?.kind === "file" && wanted(path)) found.push({ path, stat });
  }
  return found;
}
