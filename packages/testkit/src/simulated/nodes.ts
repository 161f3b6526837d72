/** A file: what programs see, and what would be there after a crash. */
export interface FileNode {
  readonly kind: "file";
  readonly inode: number;
  content: Uint8Array;
  modifiedMs: number;
  durable: Uint8Array;
}

/** A directory; its entries are durable once it was synced. */
export interface DirectoryNode {
  readonly kind: "directory";
  readonly inode: number;
  readonly entries: Map<string, TreeNode>;
  modifiedMs: number;
  durableEntries: ReadonlyMap<string, TreeNode>;
}

export type TreeNode = FileNode | DirectoryNode;

export function newFile(inode: number, now: number): FileNode {
  const empty = new Uint8Array(0);
  return { kind: "file", inode, content: empty, modifiedMs: now, durable: empty };
}

export function newDirectory(inode: number, now: number): DirectoryNode {
  return { kind: "directory", inode, entries: new Map(), modifiedMs: now, durableEntries: new Map() };
}

/** The content cut, or filled up with zeros, to a length. */
export function resized(content: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(content.subarray(0, length));
  return result;
}
