import { dirname } from "node:path";
import { assert, type FileHandle, type FileStat, type Files, type Random } from "@millrace/core";

interface FileNode {
  readonly kind: "file";
  readonly inode: number;
  bytes: Uint8Array;
  /** What a sync has put on the disk. */
  durable: Uint8Array;
}
type Node = FileNode | { readonly kind: "directory" };
type Entries = Map<string, Node>;

/** What happens at the n-th changing operation. `crash`: it and all later ones fail; `fail`: only this one does. */
export interface Fault {
  readonly at: number;
  readonly kind: "crash" | "fail";
  readonly code: string;
}

/**
 * A file system in memory that forgets as a real one does: after `crash`, contents are there up to their last sync (and
 * perhaps some more, or zeros), and entries of a directory as of its last sync, with any part of the changes since.
 */
export class VolatileDisk implements Files {
  operations = 0;
  fault: Fault | undefined;
  readonly #live: Entries = new Map([["/", { kind: "directory" }]]);
  readonly #durable: Entries = new Map(this.#live);
  #pending: { readonly directory: string; readonly apply: (entries: Entries) => void }[] = [];
  #inodes = 0;

  async open(path: string, mode: "read" | "write" | "append" | "exclusive"): Promise<FileHandle> {
    if (mode !== "read") this.#count();
    const existing = this.#live.get(path);
    if (existing?.kind === "directory") throw systemError("EISDIR", path);
    if (mode === "exclusive" && existing !== undefined) throw systemError("EEXIST", path);
    if (existing !== undefined && mode !== "write") return this.#handle(existing);
    if (mode === "read" || this.#live.get(dirname(path))?.kind !== "directory") throw systemError("ENOENT", path);
    const node: FileNode = existing ?? { kind: "file", inode: ++this.#inodes, bytes: new Uint8Array(), durable: new Uint8Array() };
    node.bytes = new Uint8Array();
    if (existing === undefined) this.#change(dirname(path), (entries) => entries.set(path, node));
    return this.#handle(node);
  }

  async readFile(path: string): Promise<Uint8Array> {
    const node = this.#live.get(path);
    if (node?.kind !== "file") throw systemError("ENOENT", path);
    return node.bytes.slice();
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const node = this.#live.get(path);
    return node === undefined ? undefined : statOf(node);
  }

  async list(path: string): Promise<readonly string[]> {
    return [...this.#live.keys()]
      .filter((each) => each !== "/" && dirname(each) === path)
      .map((each) => each.slice(path === "/" ? 1 : path.length + 1))
      .sort();
  }

  async makeDirectory(path: string): Promise<void> {
    this.#count();
    this.#makeDirectory(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#count();
    if (!this.#live.has(from)) throw systemError("ENOENT", from);
    assert(dirname(from) === dirname(to), "renames stay within a directory here");
    this.#change(dirname(from), (entries) => {
      for (const [path, node] of [...entries]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        entries.delete(path);
        entries.set(`${to}${path.slice(from.length)}`, node);
      }
    });
  }

  async remove(path: string): Promise<void> {
    this.#count();
    this.#change(dirname(path), (entries) => {
      for (const each of [...entries.keys()]) if (each === path || each.startsWith(`${path}/`)) entries.delete(each);
    });
  }

  async truncate(path: string, length: number): Promise<void> {
    await (await this.open(path, "append")).truncate(length);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#count();
    if (this.#live.get(path)?.kind !== "directory") throw systemError("ENOENT", path);
    for (const change of this.#pending) if (change.directory === path) change.apply(this.#durable);
    this.#pending = this.#pending.filter((change) => change.directory !== path);
  }

  /** The disk as the next process finds it. */
  crash(random: Random): VolatileDisk {
    const after = new VolatileDisk();
    const entries: Entries = new Map(this.#durable);
    for (const change of this.#pending) if (random.uint32() % 2 === 0) change.apply(entries);
    for (const [path, node] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (path !== "/" && !after.#live.has(dirname(path))) continue;
      const bytes = node.kind === "file" ? survivor(node, random) : undefined;
      const survived: Node = bytes === undefined ? node : { kind: "file", inode: ++after.#inodes, bytes, durable: bytes };
      after.#live.set(path, survived);
      after.#durable.set(path, survived);
    }
    return after;
  }

  /** Every file with its content, for damaging and comparing. */
  get contents(): Map<string, Uint8Array> {
    return new Map([...this.#live].flatMap(([path, node]) => (node.kind === "file" ? [[path, node.bytes] as const] : [])));
  }

  /** Puts bytes there, or removes the file, without anybody noticing. */
  tamper(path: string, bytes: Uint8Array | undefined): void {
    const node = this.#live.get(path);
    if (bytes === undefined) this.#live.delete(path);
    else if (node?.kind === "file") node.bytes = bytes;
    else this.#live.set(path, { kind: "file", inode: ++this.#inodes, bytes, durable: bytes });
  }

  #makeDirectory(path: string): void {
    if (this.#live.has(path)) return;
    this.#makeDirectory(dirname(path));
    this.#change(dirname(path), (entries) => entries.set(path, { kind: "directory" }));
  }

  #change(directory: string, apply: (entries: Entries) => void): void {
    apply(this.#live);
    this.#pending.push({ directory, apply });
  }

  #count(): void {
    const at = ++this.operations;
    const fault = this.fault;
    if (fault !== undefined && (fault.kind === "crash" ? at >= fault.at : at === fault.at)) throw systemError(fault.code, `operation ${at}`);
  }

  #handle(node: FileNode): FileHandle {
    const count = () => this.#count();
    return {
      async read(into, position) {
        return this.readSync(into, position);
      },
      readSync(into, position) {
        const part = node.bytes.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      async write(bytes) {
        count();
        const joined = new Uint8Array(node.bytes.length + bytes.length);
        joined.set(node.bytes);
        joined.set(bytes, node.bytes.length);
        node.bytes = joined;
      },
      async truncate(length) {
        count();
        node.bytes = node.bytes.slice(0, length);
      },
      async stat() {
        return statOf(node);
      },
      async sync() {
        count();
        node.durable = node.bytes;
      },
      async close() {},
    };
  }
}

export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

function survivor(node: FileNode, random: Random): Uint8Array {
  if (node.bytes === node.durable) return node.bytes;
  const length = random.uint32() % (node.bytes.length + 1);
  const choices = [node.durable, node.bytes.slice(0, length), new Uint8Array(length)];
  return choices[random.uint32() % choices.length] ?? node.durable;
}

function statOf(node: Node): FileStat {
  return node.kind === "file"
    ? { kind: "file", bytes: node.bytes.length, modifiedMs: 0, inode: node.inode }
    : { kind: "directory", bytes: 0, modifiedMs: 0, inode: 0 };
}
