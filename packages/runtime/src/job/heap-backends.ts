import { isCorrupt, parseDataFileName } from "@millrace/checkpoint";
import type { BackendOptions, DataFile, WrittenBase } from "@millrace/contracts";
import { assert, type Files, MillraceError, messageOf } from "@millrace/core";
import { type ChainWork, createHeapBackend, type FileSum } from "@millrace/state";
import type { OpenedBackend, StateBackends } from "./backends.ts";
import { localPlace } from "./left-behind.ts";

export interface HeapBackendsOptions {
  readonly files: Files;
  /** Holds bases under way, a directory for each subtask; what an earlier process left there is removed. */
  readonly directory: string;
  /** Of the checkpoints. */
  readonly checkpoints: string;
  /** Makes what merges the files of checkpoints in the background; closed with the attempt. */
  readonly work: () => ChainWork;
}

/** All keyed state in memory, and no checkpoint but that of the job's end. */
export function transientBackends(): StateBackends {
  return {
    prepare: async () => undefined,
    open: async (place) => ({ backend: createHeapBackend(place, { checkpoints: false }), filled: false, needsBase: false }),
    markers: () => [],
    close: async () => undefined,
  };
}

/** All keyed state in memory; every attempt fills it from the checkpoint. New bases are made from the files of checkpoints. */
export class HeapBackends implements StateBackends {
  readonly #options: HeapBackendsOptions;
  #work: ChainWork | undefined;
  readonly #emptied = new Map<number, Promise<string>>();
  #bases = 0;

  constructor(options: HeapBackendsOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {}

  async open(place: BackendOptions): Promise<OpenedBackend> {
    const backend = createHeapBackend(place, { writeBase: (files) => this.#writeBase(place.subtask, files) });
    return { backend, filled: false, needsBase: false };
  }

  markers(): readonly number[] {
    return [];
  }

  async close(): Promise<void> {
    const work = this.#work;
    this.#work = undefined;
    await work?.close();
    // What can't be removed now is removed before the next base.
    for (const directory of this.#emptied.values()) await directory.then((path) => this.#options.files.remove(path)).catch(() => undefined);
    this.#emptied.clear();
  }

  async #writeBase(subtask: number, files: readonly DataFile[]): Promise<WrittenBase> {
    const newest = parseDataFileName(files.at(-1)?.name ?? "");
    assert(newest !== undefined, "a chain has files of keyed state");
    this.#work ??= this.#options.work();
    const work = this.#work;
    const path = `${await this.#directoryOf(subtask)}/${String(++this.#bases).padStart(6, "0")}.base`;
    const { bytes, crc32 } = await this.#merged(work, path, files);
    return { checkpointId: newest.checkpointId, file: { path, bytes, checksum: crc32.toString(16).padStart(8, "0") } };
  }

  async #merged(work: ChainWork, path: string, files: readonly DataFile[]): Promise<FileSum> {
    try {
      return await work.mergeChain({ checkpoints: this.#options.checkpoints, files, path });
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      const names = files.map(({ name }) => name).join(", ");
      throw new MillraceError("CHECKPOINT_CORRUPT", `one of the files ${names} is damaged: ${messageOf(error)}`, { cause: error });
    }
  }

  #directoryOf(subtask: number): Promise<string> {
    let emptied = this.#emptied.get(subtask);
    if (emptied === undefined) {
      emptied = this.#emptiedDirectory(localPlace({ directory: this.#options.directory, backend: "heap" }, subtask));
      this.#emptied.set(subtask, emptied);
    }
    return emptied;
  }

  async #emptiedDirectory(path: string): Promise<string> {
    await this.#options.files.remove(path);
    await this.#options.files.makeDirectory(path, 0o700);
    return path;
  }
}
