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
  /** Those found so far, by the path that was asked for; forgotten when a directory may have gone from its place. */
  readonly #directories = new Map<string, DirectoryNode>();
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
    this.#directories.clear();
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
    const into = this.#place(to, "rename");
    const outOf = this.#place(from, "rename");
    outOf.directory.entries.delete(outOf.name);
    into.directory.entries.set(into.name, node);
    if (node.kind === "directory" || target?.kind === "directory") this.#directories.clear();
  }

  async remove(path: string): Promise<void> {
    const node = this.#find(path);
    if (node === undefined) return;
    const { directory, name } = this.#place(path, "rm");
    directory.entries.delete(name);
    if (node.kind === "directory") this.#directories.clear();
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
    const { directory, name } = this.#place(path, "open");
    directory.entries.set(name, file);
    return file;
  }

  #file(path: string, operation: string): FileNode {
    const node = this.#find(path);
    if (node === undefined) throw fileSystemError("ENOENT", operation, path);
    if (node.kind === "directory") throw fileSystemError("EISDIR", operation, path);
    return node;
  }

  /** The directory that a path's last name stands in. */
  #place(path: string, operation: string): { readonly directory: DirectoryNode; readonly name: string } {
    const { parent, name } = splitPath(path);
    const directory = this.#directory(parent);
    if (directory !== undefined && name !== "") return { directory, name };
    throw fileSystemError(this.#at(namesOf(parent)) === undefined || name === "" ? "ENOENT" : "ENOTDIR", operation, path);
  }

  #find(path: string): TreeNode | undefined {
    const { parent, name } = splitPath(path);
    return name === "" ? this.#root : this.#directory(parent)?.entries.get(name);
  }

  /** Most operations are about files of a few directories. */
  #directory(path: string): DirectoryNode | undefined {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const node = this.#at(namesOf(path));
    if (node?.kind !== "directory") return undefined;
    this.#directories.set(path, node);
    return node;
  }

  #at(names: readonly string[]): TreeNode | undefined {
    let node: TreeNode | undefined = this.#root;
    for (const name of names) {
      if (node?.kind !== "directory") return undefined;
      node = node.entries.get(name);
    }
    return node;
  }
}

/** `name` is "" for the root. */
function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name !== "" && name !== "." && name !== "..") return { parent: path.slice(0, Math.max(0, slash)), name };
  const names = namesOf(path);
  return { name: names.pop() ?? "", parent: names.join("/") };
}

function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

function statOf(node: TreeNode): FileStat {
  return { kind: node.kind, bytes: node.kind === "file" ? node.content.length : 0, modifiedMs: node.modifiedMs, inode: node.inode };
}
