import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A line of the user's own code. */
export interface UserLine {
  /** `job.ts:12:5`, relative to the working directory. */
  readonly place: string;
  /** The line's text without its indent; undefined when the file can't be read. */
  readonly text: string | undefined;
}

/** The innermost frame of an error's stack that is neither Node's, nor a library's, nor Millrace's own. */
export function userLineOf(error: Error, cwd: string): UserLine | undefined {
  for (const frame of (error.stack ?? "").split("\n")) {
    const [, url, line, column] = /(file:\/\/\S+?):(\d+)(?::(\d+))?\)?$/.exec(frame.trim()) ?? [];
    if (url === undefined || line === undefined || isForeign(url)) continue;
    const path = fileURLToPath(url.split("?", 1)[0] ?? url);
    const place = `${relative(cwd, path) || path}:${line}${column === undefined ? "" : `:${column}`}`;
    return { place, text: lineAt(path, Number(line)) };
  }
  return undefined;
}

function isForeign(url: string): boolean {
  return url.includes("/node_modules/") || ownFolders.some((folder) => url.startsWith(folder));
}

/** Millrace itself when it runs from its sources: this package, and those beside it. */
const ownFolders = [new URL("../", import.meta.url).href, new URL("../../../packages/", import.meta.url).href];

function lineAt(path: string, line: number): string | undefined {
  try {
    return readFileSync(path, "utf8").split("\n")[line - 1]?.trim();
  } catch {
    return undefined;
  }
}
