import type { EnumeratorContext, SplitEnumerator } from "@millrace/contracts";
import { type Cancel, type Json, MillraceError, messageOf } from "@millrace/core";
import type { Compression } from "./decompress.ts";
import { discover, type FoundFile } from "./discovery.ts";
import { identify } from "./file-bytes.ts";
import { type FileSplit, rangesOf, wholeFile } from "./split.ts";

export interface EnumeratorOptions {
  readonly patterns: readonly string[];
  readonly order: "name" | "modified";
  /** undefined: the input is what is there at the start. */
  readonly watchEveryMs: number | undefined;
  /** undefined: files are not cut. */
  readonly splitBytes: number | undefined;
  readonly compressionOf: (path: string) => Compression;
}

/** JSON. `listed`: the first look is done. `pending`: splits not dealt yet. `seen`: paths found so far, only when watching. */
interface EnumeratorState {
  readonly listed: boolean;
  readonly pending: readonly FileSplit[];
  readonly seen: readonly string[];
}

/**
 * Finds files and deals them out, one split for each request. When watching, a new file counts once two looks in a row
 * have seen it with the same size and modification time; a file is read once, whatever is written to it later.
 */
export class FileEnumerator implements SplitEnumerator {
  readonly #context: EnumeratorContext<FileSplit>;
  readonly #options: EnumeratorOptions;
  #listed: boolean;
  readonly #pending: FileSplit[];
  readonly #seen: Set<string>;
  /** Files seen for the first time at the last look, with what may still change. */
  #unsettled = new Map<string, string>();
  readonly #waiting: number[] = [];
  #cancelLook: Cancel | undefined;
  #closed = false;
  /** Whatever reads directories and files. */
  #working: Promise<unknown> = Promise.resolve();

  constructor(context: EnumeratorContext<FileSplit>, options: EnumeratorOptions, restored: Json | undefined) {
    const state = (restored ?? { listed: false, pending: [], seen: [] }) as unknown as EnumeratorState;
    this.#context = context;
    this.#options = options;
    this.#listed = state.listed;
    this.#pending = [...state.pending];
    this.#seen = new Set(state.seen);
  }

  async start(): Promise<void> {
    const { watchEveryMs } = this.#options;
    if (watchEveryMs !== undefined) await this.#work(this.#look(watchEveryMs));
    else if (!this.#listed) await this.#work(this.#list());
    this.#deal();
  }

  #work(work: Promise<void>): Promise<void> {
    this.#working = work.catch(() => undefined);
    return work;
  }

  async #list(): Promise<void> {
    const found = await this.#discover();
    if (found.length === 0) throw noFiles(this.#options.patterns);
    const splits = await this.#splitsOf(found);
    if (this.#closed) return;
    this.#add(splits);
    this.#listed = true;
  }

  async #discover(): Promise<readonly FoundFile[]> {
    try {
      return await discover(this.#context.ports.files, this.#options.patterns);
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw new MillraceError("SOURCE_READ", `the input files can't be listed: ${messageOf(error)}`, {
        cause: error,
        hint: "check that this user may read the directories",
      });
    }
  }

  async #look(everyMs: number): Promise<void> {
    const found = await this.#discover();
    if (this.#closed) return;
    const fresh = found.filter((file) => !this.#seen.has(file.path));
    const settled = fresh.filter((file) => this.#unsettled.get(file.path) === versionOf(file));
    this.#unsettled = new Map(fresh.map((file) => [file.path, versionOf(file)]));
    const splits = await this.#splitsOf(settled);
    if (this.#closed) return;
    // At once: a snapshot has a file as seen and to be read, or not at all.
    for (const file of settled) this.#seen.add(file.path);
    this.#add(splits);
    this.#listed = true;
    this.#cancelLook = this.#context.ports.scheduler.after(everyMs, () => {
      this.#work(this.#look(everyMs)).then(
        () => this.#deal(),
        (error: unknown) => {
          if (!this.#closed) this.#context.fail(error);
        },
      );
    });
  }

  /** One by one: there may be more than a call takes arguments. */
  #add(splits: readonly FileSplit[]): void {
    for (const split of splits) this.#pending.push(split);
  }

  async #splitsOf(found: readonly FoundFile[]): Promise<readonly FileSplit[]> {
    const ordered = this.#options.order === "name" ? found : found.toSorted((a, b) => a.stat.modifiedMs - b.stat.modifiedMs);
    const { splitBytes, compressionOf } = this.#options;
    const splits: FileSplit[] = [];
    for (const { path, stat } of ordered) {
      if (this.#closed) break;
      if (splitBytes === undefined || compressionOf(path) !== "none" || stat.bytes <= splitBytes) splits.push(wholeFile(path));
      // Of ranges the first may be read long before the last: all have to be of one file.
      else for (const range of rangesOf(path, await identify(this.#context.ports.files, path), splitBytes)) splits.push(range);
    }
    return splits;
  }

  requestSplit(subtask: number): void {
    if (!this.#waiting.includes(subtask)) this.#waiting.push(subtask);
    this.#deal();
  }

  #deal(): void {
    if (!this.#listed || this.#closed) return;
    while (this.#waiting.length > 0) {
      const split = this.#pending.shift();
      if (split === undefined && this.#options.watchEveryMs !== undefined) return;
      const subtask = this.#waiting.shift() as number;
      if (split === undefined) this.#context.noMoreSplits(subtask);
      else this.#context.assign(subtask, [split]);
    }
  }

  snapshot(): Json {
    return { listed: this.#listed, pending: [...this.#pending], seen: [...this.#seen] };
  }

  /** Resolves when it has no file open any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#working;
  }
}

function versionOf({ stat }: FoundFile): string {
  return `${stat.bytes}/${stat.modifiedMs}/${stat.inode}`;
}

function noFiles(patterns: readonly string[]): MillraceError {
  const names = patterns.map((pattern) => JSON.stringify(pattern)).join(", ");
  return new MillraceError("SOURCE_NO_FILES", `no file matches ${names}`, {
    hint: "paths are relative to the directory the job was started in; names that begin with . or _ are passed over",
  });
}
