import { randomFillSync } from "node:crypto";
import { constants, readSync, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock, FileHandle, FileStat, Files, Ports, Random, Scheduler } from "../ports/index.ts";

const nodeClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The longest that setTimeout waits; what is to wait longer it would run at once. */
const TIMEOUT_MS_MAX = 0x7fff_ffff;

const nodeScheduler: Scheduler = {
  immediate: (task) => {
    setImmediate(task);
  },
  after: (delayMs, task) => {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      if (leftMs <= TIMEOUT_MS_MAX) timer = setTimeout(task, leftMs);
      else timer = setTimeout(() => wait(leftMs - TIMEOUT_MS_MAX), TIMEOUT_MS_MAX);
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

const word = new Uint32Array(1);
const nodeRandom: Random = { uint32: () => randomFillSync(word)[0] as number };

const openFlags = {
  read: constants.O_RDONLY,
  write: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_APPEND,
  exclusive: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
} as const;

function statOf(stat: Stats): FileStat {
  return {
    kind: stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other",
    bytes: stat.size,
    modifiedMs: stat.mtimeMs,
    inode: stat.ino,
    device: stat.dev,
  };
}

function missing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

class NodeFileHandle implements FileHandle {
  readonly #handle: fs.FileHandle;
  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }
  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }
  readSync(into: Uint8Array, position: number): number {
    return readSync(this.#handle.fd, into, 0, into.length, position);
  }
  async write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += (await this.#handle.write(bytes, done, bytes.length - done)).bytesWritten;
  }
  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }
  async stat(): Promise<FileStat> {
    return statOf(await this.#handle.stat());
  }
  sync(): Promise<void> {
    return this.#handle.datasync();
  }
  close(): Promise<void> {
    return this.#handle.close();
  }
}

const nodeFiles: Files = {
  open: async (path, mode) => new NodeFileHandle(await fs.open(path, openFlags[mode], 0o644)),
  readFile: (path) => fs.readFile(path),
  stat: async (path) => {
    try {
      return statOf(await fs.stat(path));
    } catch (error) {
      if (missing(error)) return undefined;
      throw error;
    }
  },
  list: async (path) => {
    try {
      return (await fs.readdir(path)).sort();
    } catch (error) {
      if (missing(error)) return [];
      throw error;
    }
  },
  makeDirectory: (path, mode) => makeDirectory(path, mode === undefined ? {} : { mode }),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  truncate: (path, length) => fs.truncate(path, length),
  syncDirectory: async (path) => {
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** The real clock, event loop, randomness and file system. */
export const nodePorts: Ports = { clock: nodeClock, scheduler: nodeScheduler, random: nodeRandom, files: nodeFiles };

export { workerFlags } from "./worker-flags.ts";

/**
 * With those above it. Node's `recursive` alone goes round for ever, and holds a thread, where the parent is there and the
 * answer is ENOENT all the same, as in /proc.
 */
async function makeDirectory(path: string, options: { readonly mode?: number }, again = true): Promise<void> {
  try {
    await fs.mkdir(path, options);
  } catch (error) {
    if (!missing(error)) return void (await fs.mkdir(path, { ...options, recursive: true }));
    if (!again) throw error;
    const parent = dirname(path);
    const isThere = await fs.stat(parent).then(
      () => true,
      () => false,
    );
    if (!isThere) await makeDirectory(parent, options);
    // Where the parent is there somebody may have made it meanwhile: once more, and then it is the file system's word.
    await makeDirectory(path, options, false);
  }
}
