import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** All published lines under a directory, as a multiset: hash of a line → how often. CSV headers do not count. */
export async function publishedLines(directory: string): Promise<Map<string, number>> {
  const lines = new Map<string, number>();
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
    let first = entry.name.endsWith(".csv");
    const place = entry.parentPath.slice(directory.length);
    for await (const line of createInterface({ input: createReadStream(join(entry.parentPath, entry.name)), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (first) {
        first = false;
        continue;
      }
      const key = createHash("md5").update(`${place}\n${line}`).digest("base64");
      lines.set(key, (lines.get(key) ?? 0) + 1);
    }
  }
  return lines;
}

export interface Difference {
  readonly expected: number;
  readonly lost: number;
  readonly doubled: number;
}

export function difference(expected: ReadonlyMap<string, number>, actual: ReadonlyMap<string, number>): Difference {
  let lost = 0;
  let doubled = 0;
  let total = 0;
  for (const [line, count] of expected) {
    total += count;
    lost += Math.max(0, count - (actual.get(line) ?? 0));
  }
  for (const [line, count] of actual) doubled += Math.max(0, count - (expected.get(line) ?? 0));
  return { expected: total, lost, doubled };
}
