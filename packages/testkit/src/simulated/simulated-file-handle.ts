import { assert, type FileHandle, type FileStat } from "@millrace/core";
import { fileSystemError } from "./file-system-error.ts";
import { type FileNode, resized } from "./nodes.ts";

export interface HandleAccess {
  readonly readable: boolean;
  readonly writable: boolean;
  /** Every write goes to the end, wherever that is by then. */
  readonly appends: boolean;
  /** False after a crash. */
  readonly alive: () => boolean;
  readonly now: () => number;
}

/** An open file of SimulatedFiles. */
export class SimulatedFileHandle implements FileHandle {
  readonly #file: FileNode;
  readonly #path: string;
  readonly #access: HandleAccess;
  #position = 0;
  #closed = false;

  constructor(file: FileNode, path: string, access: HandleAccess) {
    this.#file = file;
    this.#path = path;
    this.#access = access;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  readSync(into: Uint8Array, position: number): number {
    this.#check("read", this.#access.readable);
    const part = this.#file.content.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#check("write", this.#access.writable);
    if (this.#access.appends) this.#position = this.#file.content.length;
    const end = this.#position + bytes.length;
    const content = resized(this.#file.content, Math.max(end, this.#file.content.length));
    content.set(bytes, this.#position);
    this.#replace(content);
    this.#position = end;
  }

  async truncate(length: number): Promise<void> {
    this.#check("ftruncate", this.#access.writable);
    this.#replace(resized(this.#file.content, length));
  }

  async stat(): Promise<FileStat> {
    this.#check("fstat", true);
    return { kind: "file", bytes: this.#file.content.length, modifiedMs: this.#file.modifiedMs, inode: this.#file.inode };
  }

  async sync(): Promise<void> {
    this.#check("fdatasync", true);
    this.#file.durable = this.#file.content;
  }

  async close(): Promise<void> {
    if (this.#closed) throw fileSystemError("EBADF", "close", this.#path);
    this.#closed = true;
  }

  /** Content is replaced, never changed in place: what is durable keeps its own. */
  #replace(content: Uint8Array): void {
    assert(this.#file.content !== content, "a file's content is replaced as a whole");
    this.#file.content = content;
    this.#file.modifiedMs = this.#access.now();
  }

  #check(operation: string, allowed: boolean): void {
    if (!this.#access.alive()) throw fileSystemError("EIO", operation, this.#path);
    if (this.#closed || !allowed) throw fileSystemError("EBADF", operation, this.#path);
  }
}
