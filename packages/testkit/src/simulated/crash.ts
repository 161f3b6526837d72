import type { Random } from "@millrace/core";
import type { DirectoryNode, FileNode } from "./nodes.ts";

/**
 * The tree as it is found after a power cut. `strict`: nothing but what was synced. `random`: of each directory and file
 * on its own, what was synced or more: unsynced entries are there or not, unsynced content is there, cut short, or not.
 */
export type CrashMode = "strict" | "random";

export function crashTree(root: DirectoryNode, mode: CrashMode, random: Random): void {
  const lost = (): boolean => mode === "strict" || random.uint32() % 2 === 0;
  const pending = [root];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    if (lost()) restoreEntries(directory);
    directory.durableEntries = new Map(directory.entries);
    for (const node of directory.entries.values()) {
      if (node.kind === "directory") pending.push(node);
      else if (lost()) keepPart(node, mode, random);
      else node.durable = node.content;
    }
  }
}

function restoreEntries(directory: DirectoryNode): void {
  directory.entries.clear();
  for (const [name, node] of directory.durableEntries) directory.entries.set(name, node);
}

function keepPart(file: FileNode, mode: CrashMode, random: Random): void {
  const { content, durable } = file;
  const appended = content.length - durable.length;
  const isAppend = appended > 0 && durable.every((byte, index) => byte === content[index]);
  const kept = mode === "random" && isAppend ? random.uint32() % appended : 0;
  file.content = kept === 0 ? durable : content.slice(0, durable.length + kept);
  file.durable = file.content;
}
