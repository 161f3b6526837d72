import { posix } from "node:path";
import type { Clock, FileHandle, FileStat, Files, Random } from "@millrace/core";
import { type CrashMode, crashTree } from "./crash.ts";
import { fileSystemError } from "./file-system-error.ts";
import { type DirectoryNode, type FileNode, newDirectory, newFile, resized, type TreeNode } from "./nodes.ts";
import { SimulatedFileHandle } from "./simulated-file-handle.ts";

/** A file system in memory that knows what is durable. A path that is not absolute begins at the root. */
export class SimulatedFiles implements Files {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #root: DirectoryNode;
  #inodes = 1;
  #crashes = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#root = newDirectory(this.#inodes++, clock.now());
  }

  /** A power cut: unsynced data is lost, see CrashMode. Handles from before it fail with EIO. */
  crash(mode: CrashMode): void {
    this.#crashes++;
    crashTree(this.#root, mode, this.#random);
  }

  async open(path: string, mode: "read" | "write" | "append" | "exclusive"): Promise<FileHandle> {
    const found = this.#find(path);
    if (found?.kind === "directory") throw fileSystemError("EISDIR", "open", path);
    if (found !== undefined && mode === "exclusive") throw fileSystemError("EEXIST", "open", path);
    if (found === undefined && mode === "read") throw fileSystemError("ENOENT", "open", path);
    const file = found ?? this.#create(path);
    if (mode === "write") file.content = new Uint8Array(0);
    const openedIn = this.#crashes;
    return new SimulatedFileHandle(file, path, {
      writable: mode !== "read",
      readable: mode === "read" || mode === "append",
      appends: mode === "append",
      alive: () => this.#crashes === openedIn,
      now: () => this.#clock.now(),
    });
  }

  async readFile(path: string): Promise<Uint8Array> {
    return this.#file(path, "open").content.slice();
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const node = this.#find(path);
    return node === undefined ? undefined : statOf(node);
  }

  async list(path: string): Promise<readonly string[]> {
    const node = this.#find(path);
    if (node === undefined) return [];
    if (node.kind === "file") throw fileSystemError("ENOTDIR", "scandir", path);
    return [...node.entries.keys()].sort();
  }

  async makeDirectory(path: string): Promise<void> {
    let directory = this.#root;
    for (const name of namesOf(path)) {
      let next = directory.entries.get(name);
      if (next?.kind === "file") throw fileSystemError("EEXIST", "mkdir", path);
      if (next === undefined) {
        next = newDirectory(this.#inodes++, this.#clock.now());
        directory.entries.set(name, next);
      }
      directory = next;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#find(from);
    if (node === undefined) throw fileSystemError("ENOENT", "rename", from);
    const target = this.#find(to);
    if (target?.kind === "directory" && node.kind === "file") throw fileSystemError("EISDIR", "rename", to);
    if (target?.kind === "directory" && target.entries.size > 0) throw fileSystemError("ENOTEMPTY", "rename", to);
    if (target?.kind === "file" && node.kind === "directory") throw fileSystemError("ENOTDIR", "rename", to);
    const into = this.#parent(to, "rename");
    this.#parent(from, "rename").entries.delete(posix.basename(from));
    into.entries.set(posix.basename(to), node);
  }

  async remove(path: string): Promise<void> {
    if (this.#find(path) !== undefined) this.#parent(path, "rm").entries.delete(posix.basename(path));
  }

  async truncate(path: string, length: number): Promise<void> {
    const file = this.#file(path, "truncate");
    file.content = resized(file.content, length);
    file.modifiedMs = this.#clock.now();
  }

  async syncDirectory(path: string): Promise<void> {
    const node = this.#find(path);
    if (node === undefined) throw fileSystemError("ENOENT", "open", path);
    if (node.kind === "directory") node.durableEntries = new Map(node.entries);
    else node.durable = node.content;
  }

  #create(path: string): FileNode {
    const file = newFile(this.#inodes++, this.#clock.now());
    this.#parent(path, "open").entries.set(posix.basename(path), file);
    return file;
  }

  #file(path: string, operation: string): FileNode {
    const node = this.#find(path);
    if (node === undefined) throw fileSystemError("ENOENT", operation, path);
    if (node.kind === "directory") throw fileSystemError("EISDIR", operation, path);
    return node;
  }

  #parent(path: string, operation: string): DirectoryNode {
    const parent = this.#find(posix.dirname(posix.resolve("/", path)));
    if (parent === undefined) throw fileSystemError("ENOENT", operation, path);
    if (parent.kind === "file") throw fileSystemError("ENOTDIR", operation, path);
    return parent;
  }

  #find(path: string): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const name of namesOf(path)) {
      if (node?.kind !== "directory") return undefined;
      node = node.entries.get(name);
    }
    return node;
  }
}

function namesOf(path: string): string[] {
  return posix
    .resolve("/", path)
    .split("/")
    .filter((name) => name !== "");
}

function statOf(node: TreeNode): FileStat {
  return { kind: node.kind, bytes: node.kind === "file" ? node.content.length : 0, modifiedMs: node.modifiedMs, inode: node.inode };
}
