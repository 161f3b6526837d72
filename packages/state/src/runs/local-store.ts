import { dirname } from "node:path";
import type { Chunks, FinishedFile, KeyGroupRange, WrittenBase } from "@millrace/contracts";
import { assert, type Files, MillraceError } from "@millrace/core";
import { verifiedValue } from "../format/checksum.ts";
import { decodeHeader, type FileHeader, writeHeader } from "../format/file-header.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { decideCompaction } from "./compaction.ts";
import { OperatorRuns } from "./operator-runs.ts";
import { inPieces, joined, wholeFrames } from "./pieces.ts";
import { Run } from "./run.ts";
import { readStoreManifest, type StoreManifest, type StoreMarker, strangers, writeStoreManifest } from "./store-manifest.ts";
import { StoreSnapshot } from "./store-snapshot.ts";
import { type BaseTask, closed, type StoreWork } from "./store-work.ts";

export interface LocalStoreOptions {
  readonly files: Files;
  /** What sorts and merges in the background; closed with the store. */
  readonly work: StoreWork;
}

const allKeyGroups: KeyGroupRange = { start: 0, end: 0xffff };
const noKey = new Uint8Array(0);
/** With more runs than this, what is applied waits for merges. */
const RUNS_MAX = 48;

/**
 * The local store of one slot: for each operator, files of records in the order of their keys (runs), as in a log-structured
 * merge tree. It holds exactly a completed checkpoint (law S3): what is applied becomes part of it with the marker, by one
 * rename. Values carry a checksum, and so do the files' indexes; what doesn't fit throws STATE_CORRUPT, and the store has to be
 * rebuilt.
 */
export class LocalStore {
  readonly #directory: string;
  readonly #files: Files;
  readonly #work: StoreWork;
  readonly #operators = new Map<string, OperatorRuns>();
  readonly #snapshots = new Set<StoreSnapshot>();
  #marker: StoreMarker | undefined;
  #next: number;
  /** Manifests are written one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  readonly #merges = new Set<Promise<void>>();
  #merged = Promise.withResolvers<void>();
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  private constructor(directory: string, { files, work }: LocalStoreOptions, manifest: StoreManifest | undefined) {
    this.#directory = directory;
    this.#files = files;
    this.#work = work;
    this.#marker = manifest?.marker ?? undefined;
    this.#next = manifest?.next ?? 1;
  }

  /** Opens a store, or begins one. Throws STATE_CORRUPT when it is not whole. */
  static async open(directory: string, options: LocalStoreOptions): Promise<LocalStore> {
    const { files } = options;
    await files.makeDirectory(directory, 0o700);
    const manifest = await readStoreManifest(files, directory);
    if (manifest === undefined) await files.syncDirectory(dirname(directory));
    const store = new LocalStore(directory, options, manifest);
    try {
      await store.#openRuns(manifest);
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  async #openRuns(manifest: StoreManifest | undefined): Promise<void> {
    for (const { uid, header, runs } of manifest?.operators ?? []) {
      const operator = this.operator(uid);
      operator.header = header ?? undefined;
      for (const name of runs) operator.stage(await Run.open(this.#files, `${this.#directory}/${name}`));
      operator.commit();
    }
    for (const name of strangers(await this.#files.list(this.#directory), manifest)) await this.#files.remove(`${this.#directory}/${name}`);
  }

  /** undefined: the store is empty, or does not say what it holds. */
  marker(): StoreMarker | undefined {
    return this.#marker;
  }

  /** What was applied so far is part of the store: it holds what the marker says. */
  async setMarker(marker: StoreMarker): Promise<void> {
    this.#marker = marker;
    for (const operator of this.#operators.values()) operator.commit();
    await this.#writeManifest();
    this.#compact();
  }

  /** The operators of which it holds something. */
  get uids(): readonly string[] {
    return [...this.#operators.keys()];
  }

  /** The header of the newest file that was applied for an operator. */
  header(uid: string): FileHeader | undefined {
    return this.#operators.get(uid)?.header;
  }

  setHeader(uid: string, header: FileHeader): void {
    this.operator(uid).header = header;
  }

  /** To be read by key and by range. */
  operator(uid: string): OperatorRuns {
    let operator = this.#operators.get(uid);
    if (operator === undefined) {
      operator = new OperatorRuns();
      this.#operators.set(uid, operator);
    }
    return operator;
  }

  /**
   * Takes in the records of files, oldest first; reads see them at once, and `setMarker` makes them part of the store. Those
   * outside `keyGroups` are left out; `onHeader` is told of each file's header, which is kept unless there are key groups to leave
   * out. Waits while there are too many runs.
   */
  async apply(
    uid: string,
    chunks: Chunks,
    only?: { readonly keyGroups: KeyGroupRange; readonly onHeader: (stored: Uint8Array | undefined) => void },
  ): Promise<void> {
    const operator = this.operator(uid);
    const onHeader = (stored: Uint8Array | undefined): void => {
      if (only !== undefined) only.onHeader(stored);
      else if (stored !== undefined) operator.header = decodeHeader(verifiedValue(noKey, stored));
    };
    // One piece is sorted on the other thread while the next one is read.
    let sorting: Promise<void> = Promise.resolve();
    try {
      for await (const frames of wholeFrames(chunks, onHeader)) {
        await sorting;
        await this.#roomForRuns(operator);
        sorting = this.#sort(operator, [frames], only?.keyGroups ?? allKeyGroups);
        sorting.catch(() => undefined);
      }
    } catch (error) {
      await sorting.catch(() => undefined);
      throw error;
    }
    await sorting;
  }

  /** As `apply`, with the whole frames of one file behind its header. The memory of `frames` is given away. */
  async add(uid: string, header: FileHeader | undefined, frames: readonly Uint8Array[]): Promise<void> {
    const operator = this.operator(uid);
    if (header !== undefined) operator.header = header;
    for (const chunks of inPieces(frames)) {
      await this.#roomForRuns(operator);
      await this.#sort(operator, chunks, allKeyGroups);
    }
  }

  /**
   * Writes an operator's state as of the marker into a file of keyed state. Its runs become one on the way: what is read and
   * merged for the one serves the other. The file is removed with the store, or when it is opened, unless somebody moves it.
   */
  async writeBase(uid: string): Promise<WrittenBase> {
    const operator = this.operator(uid);
    while (operator.merging && !this.#closed) await this.#merged.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#closed) throw closed();
    const { committed, committedHeader: header } = operator;
    assert(header !== undefined, "a store knows the header of what was applied");
    operator.merging = true;
    const writing = this.#writeBase(operator, committed, header);
    const settled: Promise<void> = writing.then(
      () => this.#mergedSome(operator, settled),
      () => this.#mergedSome(operator, settled),
    );
    this.#merges.add(settled);
    return { checkpointId: header.checkpointId, file: await writing };
  }

  /** The store as it is now, whatever is applied meanwhile. Close it. */
  snapshot(): StoreSnapshot {
    const snapshot = new StoreSnapshot(this.#marker, this.#operators, this.#work, () => this.#snapshots.delete(snapshot));
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    const runs = [...this.#operators.values()].flatMap((operator) => operator.all);
    this.#operators.clear();
    this.#marker = undefined;
    await this.#writeManifest();
    for (const run of runs) await run.retire();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#work.close();
    // What a merge that was cut off leaves is removed by it.
    await Promise.all(this.#merges);
    await this.#writing.catch(() => undefined);
    for (const snapshot of this.#snapshots) await snapshot.close();
    for (const operator of this.#operators.values()) for (const run of operator.all) await run.letGo();
  }

  async #sort(operator: OperatorRuns, chunks: readonly Uint8Array[], keyGroups: KeyGroupRange): Promise<void> {
    const path = this.#newPath("run");
    const { records, held } = await this.#work.sort({ path, chunks, keyGroups });
    if (records > 0) operator.stage(held === undefined ? await Run.open(this.#files, path) : Run.held(this.#files, path, held));
  }

  #newPath(kind: "run" | "base"): string {
    return `${this.#directory}/${String(this.#next++).padStart(6, "0")}.${kind}`;
  }

  #writeManifest(): Promise<void> {
    const write = async (): Promise<void> => {
      const operators = [...this.#operators].map(([uid, { committedHeader, committed }]) => ({
        uid,
        header: committedHeader ?? null,
        runs: committed.map(({ path }) => path.slice(this.#directory.length + 1)),
      }));
      const manifest: StoreManifest = { version: 1, marker: this.#marker ?? null, next: this.#next, operators };
      await writeStoreManifest(this.#files, this.#directory, manifest);
    };
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Starts what merges are due; one at a time for each operator. */
  #compact(): void {
    for (const operator of this.#operators.values()) {
      if (operator.merging || this.#closed || this.#failure !== undefined) continue;
      const due = decideCompaction(operator.committed.map(({ bytes }) => bytes));
      if (due === undefined) continue;
      operator.merging = true;
      const merging: Promise<void> = this.#merge(operator, operator.committed.slice(due.first, due.last + 1), due.first === 0).then(
        () => this.#mergedSome(operator, merging),
        () => this.#mergedSome(operator, merging),
      );
      this.#merges.add(merging);
    }
  }

  #mergedSome(operator: OperatorRuns, merging: Promise<void>): void {
    operator.merging = false;
    this.#merges.delete(merging);
    this.#merged.resolve();
    this.#merged = Promise.withResolvers();
    this.#compact();
  }

  /** Puts one run in the place of others. A failure is the store's. */
  async #merge(operator: OperatorRuns, old: readonly Run[], dropTombstones: boolean): Promise<Run | undefined> {
    try {
      return await this.#mergeRuns(operator, old, dropTombstones);
    } catch (error) {
      if (!this.#isGone(operator)) this.#failure = { error };
      throw error;
    }
  }

  /** Nobody waits any more for what is done for it. */
  #isGone(operator: OperatorRuns): boolean {
    return this.#closed || ![...this.#operators.values()].includes(operator);
  }

  async #mergeRuns(operator: OperatorRuns, old: readonly Run[], dropTombstones: boolean): Promise<Run | undefined> {
    const path = this.#newPath("run");
    for (const run of old) run.use();
    try {
      const records = await this.#work.merge({ path, inputs: old.map((run) => run.path), bytes: bytesOf(old), dropTombstones });
      const merged = records === 0 ? undefined : await Run.open(this.#files, path);
      if (this.#isGone(operator)) {
        await merged?.retire();
        throw closed();
      }
      operator.replace(old, merged);
      await this.#writeManifest();
      for (const run of old) await run.retire();
      return merged;
    } finally {
      for (const run of old) await run.letGo();
    }
  }

  async #roomForRuns(operator: OperatorRuns): Promise<void> {
    while (operator.all.length >= RUNS_MAX && operator.merging && !this.#closed) await this.#merged.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #writeBase(operator: OperatorRuns, runs: readonly Run[], header: FileHeader): Promise<FinishedFile> {
    const [oldest] = runs;
    const isBase = oldest === undefined || (runs.length === 1 && oldest.index.tombstones === 0);
    const run = isBase ? oldest : await this.#merge(operator, runs, true);
    run?.use();
    const path = this.#newPath("base");
    try {
      const writer = new RecordWriter();
      writeHeader(writer, { ...header, distinct: true });
      const task: BaseTask = { path, header: joined(writer.finish()), input: run?.path, bytes: run?.bytes ?? 0 };
      const { bytes, crc32 } = await this.#work.base(task);
      return { path, bytes, checksum: crc32.toString(16).padStart(8, "0") };
    } catch (error) {
      if (!this.#isGone(operator) && error instanceof MillraceError && error.code === "STATE_CORRUPT") this.#failure = { error };
      await this.#files.remove(path).catch(() => undefined);
      throw error;
    } finally {
      await run?.letGo();
    }
  }
}

function bytesOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.bytes, 0);
}
