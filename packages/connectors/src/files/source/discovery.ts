import { posix } from "node:path";
import { type FileStat, type Files, MillraceError } from "@millrace/core";
import { picomatch } from "../../late-modules.ts";

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
  const found: FoundFile[] = [];
  if (stat?.kind === "directory") {
    await walk(files, { path, stat, wanted: () => true, above: [] }, found);
    return found;
  }
  if (stat !== undefined) throw notReadableAgain(path);
  // Only the glob's own signs mean something; an exclamation mark in front belongs to the name.
  const globs = picomatch();
  const { base, glob } = globs.scan(path, { unescape: true, nonegate: true });
  if (glob === "") return [];
  const matches = globs(glob, { nonegate: true });
  const root = base === "" ? "." : base;
  const rootStat = await files.stat(root);
  if (rootStat?.kind !== "directory") return [];
  await walk(files, { path: root, stat: rootStat, wanted: (file) => matches(posix.relative(root, file)), above: [] }, found);
  return found;
}

interface Walk {
  readonly path: string;
  readonly stat: FileStat;
  readonly wanted: (path: string) => boolean;
  /** The directories that this one is in, as far as the walk goes. */
  readonly above: readonly string[];
}

/** Adds what it finds to `found`. */
async function walk(files: Files, { path: directory, stat: own, wanted, above }: Walk, found: FoundFile[]): Promise<void> {
  const here = [...above, placeOf(own)];
  for (const name of await files.list(directory)) {
    if (name.startsWith(".") || name.startsWith("_")) continue;
    const path = posix.join(directory, name);
    const stat = await files.stat(path);
    // A link that leads back up leads to nothing new.
    if (stat?.kind === "directory" && (stat.device === undefined || !here.includes(placeOf(stat)))) {
      await walk(files, { path, stat, wanted, above: here }, found);
    } else if (stat?.kind === "file" && wanted(path)) {
      found.push({ path, stat });
    } else if (stat === undefined && name.includes("\uFFFD")) {
      throw notText(path);
    }
  }
}

function placeOf({ device, inode }: FileStat): string {
  return `${device}:${inode}`;
}

function notReadableAgain(path: string): MillraceError {
  return new MillraceError("SOURCE_READ", `${path} is neither a file nor a directory`, {
    hint: "a pipe or a device can't be read again after a failure; read it as the standard input, with stdin(…)",
    where: { position: path },
  });
}

/** Passing it over would lose its records without a word. */
function notText(path: string): MillraceError {
  return new MillraceError("SOURCE_READ", `${path} has a name that is not UTF-8`, {
    hint: "rename it; `ls -b` shows its bytes",
    where: { position: path },
  });
}
