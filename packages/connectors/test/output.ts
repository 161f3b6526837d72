import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of all files below a directory, relative to it, in order; without the marks of sinks. */
export function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.\w+-sink$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** Files that a reader of the directory sees. */
export function visibleFiles(directory: string): readonly string[] {
  return filesBelow(directory).filter((path) => !path.split("/").some((name) => name.startsWith(".")));
}

/** Lines of all visible files. */
export function visibleLines(directory: string): readonly string[] {
  return visibleFiles(directory).flatMap((path) => {
    const text = readFileSync(join(directory, path), "utf8");
    if (!text.endsWith("\n")) throw new Error(`${path} does not end with a line feed`);
    return text.slice(0, -1).split("\n");
  });
}
