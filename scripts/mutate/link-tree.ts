import { linkSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A copy of a directory whose files are links: none of them is ever changed in place, by a job or by a mutation. */
export function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isFile()) linkSync(source, target);
  }
}
