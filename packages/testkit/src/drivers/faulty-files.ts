import type { FileHandle, Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";

/** One call of the file system about to be made; `index` counts from 0. */
export interface FileOperation {
  readonly index: number;
  readonly kind: keyof Files | `handle.${keyof FileHandle}`;
  readonly path: string;
}

/**
 * A file system that fails when told to. `before` is asked ahead of every call: an Error it returns is the call's
 * failure (a write that fails has written half of its bytes first). `kill` is the end of the process: every
 * handle is closed under its owner, and every later call rejects.
 */
export class FaultyFiles implements Files {
  readonly #files: Files;
  readonly #before: (operation: FileOperation) => Error | undefined;
  readonly #handles = new Set<FileHandle>();
  #operations = 0;
  #killed = false;
  #pending = 0;

  constructor(files: Files, before: (operation: FileOperation) => Error | undefined = () => undefined) {
    this.#files = files;
    this.#before = before;
  }

  /** Calls made so far. */
  get operations(): number {
    return this.#operations;
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** From now on nothing this object is asked for happens. Resolves when calls on the way have ended. */
  async kill(): Promise<void> {
    this.#killed = true;
    while (this.#pending > 0) await new Promise<void>((resolve) => nodePorts.scheduler.immediate(resolve));
    const handles = [...this.#handles];
    this.#handles.clear();
    for (const handle of handles) await handle.close();
  }

  /** As `kill`, from inside `before`: the call being asked about fails too. */
  die(): Error {
    this.#killed = true;
    return fault("EKILLED", "the process was killed");
  }

  async #call<V>(kind: FileOperation["kind"], path: string, run: () => Promise<V>, half?: () => Promise<unknown>): Promise<V> {
    if (this.#killed) throw fault("EKILLED", `${kind} ${path} after the process was killed`);
    const error = this.#before({ index: this.#operations++, kind, path });
    this.#pending++;
    try {
      if (error === undefined) return await run();
      await half?.();
    } finally {
      this.#pending--;
    }
    throw error;
  }

  open(path: string, mode: "read" | "write" | "append" | "exclusive"): Promise<FileHandle> {
    return this.#call("open", path, async () => {
      const handle = await this.#files.open(path, mode);
      this.#handles.add(handle);
      return this.#wrap(handle, path);
    });
  }

  #wrap(handle: FileHandle, path: string): FileHandle {
    return {
      read: (into, position) => this.#call("handle.read", path, () => handle.read(into, position)),
      readSync: (into, position) => handle.readSync(into, position),
      write: (bytes) =>
        this.#call(
          "handle.write",
          path,
          () => handle.write(bytes),
          () => handle.write(bytes.subarray(0, bytes.length >> 1)),
        ),
      truncate: (length) => this.#call("handle.truncate", path, () => handle.truncate(length)),
      stat: () => this.#call("handle.stat", path, () => handle.stat()),
      sync: () => this.#call("handle.sync", path, () => handle.sync()),
      close: async () => {
        // Closing frees what the test process holds even when the call is to fail.
        if (this.#handles.delete(handle)) await handle.close();
        await this.#call("handle.close", path, async () => {});
      },
    };
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#call("readFile", path, () => this.#files.readFile(path));
  }
  stat(path: string): ReturnType<Files["stat"]> {
    return this.#call("stat", path, () => this.#files.stat(path));
  }
  list(path: string): Promise<readonly string[]> {
    return this.#call("list", path, () => this.#files.list(path));
  }
  makeDirectory(path: string, mode?: number): Promise<void> {
    return this.#call("makeDirectory", path, () => this.#files.makeDirectory(path, mode));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#call("rename", from, () => this.#files.rename(from, to));
  }
  remove(path: string): Promise<void> {
    return this.#call("remove", path, () => this.#files.remove(path));
  }
  truncate(path: string, length: number): Promise<void> {
    return this.#call("truncate", path, () => this.#files.truncate(path, length));
  }
  syncDirectory(path: string): Promise<void> {
    return this.#call("syncDirectory", path, () => this.#files.syncDirectory(path));
  }
}

/** An Error with Node's `code`, e.g. `fault("ENOSPC", "no space left on device")`. */
export function fault(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
