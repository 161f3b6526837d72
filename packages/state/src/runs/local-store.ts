import { dirname } from "node:path";
import type { Chunks, KeyGroupRange, WrittenBase } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { verifiedValue } from "../format/checksum.ts";
import { decodeHeader, type FileHeader } from "../format/file-header.ts";
import { Merges } from "./merges.ts";
import { OperatorRuns } from "./operator-runs.ts";
import { inPieces, wholeFrames } from "./pieces.ts";
import { Run } from "./run.ts";
import { readStoreManifest, removeStoreManifest, type StoreManifest, type StoreMarker, strangers, writeStoreManifest } from "./store-manifest.ts";
import { StoreSnapshot } from "./store-snapshot.ts";
import { closed, type FilledRun, type StoreWork } from "./store-work.ts";

export interface LocalStoreOptions {
  readonly files: Files;
  /** What sorts and merges in the background; closed with the store. */
  readonly work: StoreWork;
}

const allKeyGroups: KeyGroupRange = { start: 0, end: 0xffff };
const noKey = new Uint8Array(0);

/**
 * The local store of one slot: for each operator, files of records in the order of their keys (runs), as in a log-structured
 * merge tree. It holds exactly a completed checkpoint (law S3): what is applied becomes part of it with the marker, by one
 * rename. Values carry a checksum, and so do the files' indexes and blocks; what doesn't fit throws STATE_CORRUPT, whatever it is read
 * for. The store forgets everything then when it is closed, so that whoever opens it next fills it anew.
 */
export class LocalStore {
  readonly #directory: string;
  readonly #files: Files;
  readonly #work: StoreWork;
  readonly #operators = new Map<string, OperatorRuns>();
  readonly #snapshots = new Set<StoreSnapshot>();
  #marker: StoreMarker | undefined;
  #next: number;
  /** Manifests are written, and taken away, one after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  #closed = false;
  #isDamaged = false;
  readonly #merges: Merges;

  private constructor(directory: string, { files, work }: LocalStoreOptions, manifest: StoreManifest | undefined) {
    this.#directory = directory;
    this.#files = files;
    this.#work = work;
    this.#marker = manifest?.marker ?? undefined;
    this.#next = manifest?.next ?? 1;
    this.#merges = new Merges(files, work, {
      operators: this.#operators,
      newPath: (kind) => this.#newPath(kind),
      keep: () => this.#writeManifest(),
      damaged: () => this.foundDamaged(),
    });
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

  /** What was applied so far is part of the store: it holds what the marker says. Refused once the store is closed, as is what applies. */
  async setMarker(marker: StoreMarker): Promise<void> {
    this.#requireOpen();
    this.#marker = marker;
    for (const operator of this.#operators.values()) operator.commit();
    await this.#writeManifest();
    this.#merges.start();
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
      operator = new OperatorRuns(() => this.foundDamaged());
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
    this.#requireOpen();
    const operator = this.operator(uid);
    const onHeader = (stored: Uint8Array | undefined): void => {
      if (only !== undefined) only.onHeader(stored);
      else if (stored !== undefined) operator.header = decodeHeader(verifiedValue(noKey, stored));
    };
    const keyGroups = only?.keyGroups ?? allKeyGroups;
    const filling = this.#work.fill();
    // One piece is taken in on the other thread while the next one is read.
    let taken: Promise<void> = Promise.resolve();
    try {
      for await (const frames of wholeFrames(chunks, onHeader)) {
        await taken;
        await this.#merges.roomFor(operator);
        taken = this.#stage(operator, filling.add({ path: this.#newPath("run"), chunks: [frames], keyGroups }));
        taken.catch(() => undefined);
      }
      await taken;
      await this.#stage(operator, filling.end());
    } finally {
      await taken.catch(() => undefined);
      await filling.close();
    }
  }

  /** As `apply`, with the whole frames of one file behind its header. The memory of `frames` is given away. */
  async add(uid: string, header: FileHeader | undefined, frames: readonly Uint8Array[]): Promise<void> {
    this.#requireOpen();
    const operator = this.operator(uid);
    if (header !== undefined) operator.header = header;
    for (const chunks of inPieces(frames)) {
      await this.#merges.roomFor(operator);
      await this.#sort(operator, chunks);
    }
  }

  /**
   * Writes an operator's state as of the marker into a file of keyed state. Its runs become one on the way: what is read and
   * merged for the one serves the other. The file is removed with the store, or when it is opened, unless somebody moves it.
   */
  async writeBase(uid: string): Promise<WrittenBase> {
    return this.#merges.writeBase(this.operator(uid));
  }

  /** The store as it is now, whatever is applied meanwhile. Close it. */
  snapshot(): StoreSnapshot {
    const snapshot = new StoreSnapshot(this.#marker, this.#operators, this.#work, {
      closed: () => this.#snapshots.delete(snapshot),
      damaged: () => this.foundDamaged(),
    });
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  /**
   * Forgets everything; nothing is applied meanwhile. The manifest is taken away, which a full disk allows, then its runs. When the
   * first step fails, the store is as before; when a later one does, it is empty, also for the next one that opens it. Only a crash
   * right after a failed sync may bring back what there was, whole.
   */
  async clear(): Promise<void> {
    const runs = await this.#inTurn(async () => {
      await removeStoreManifest(this.#files, this.#directory);
      const all = this.#runs();
      this.#operators.clear();
      this.#marker = undefined;
      return all;
    });
    try {
      await this.#files.syncDirectory(this.#directory);
    } catch (error) {
      // The manifest may come back, and names them.
      await forEach(runs, (run) => run.letGo());
      throw error;
    }
    await forEach(runs, (run) => run.retire());
  }

  /** Something that was read from it is not what was written. */
  foundDamaged(): void {
    this.#isDamaged = true;
  }

  /**
   * Where it is damaged it forgets everything first, and closes also when it can't forget. Nothing can be applied from the beginning on: a
   * marker behind it would say that the store holds what it has forgotten.
   */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      if (this.#isDamaged) await this.clear();
    } finally {
      this.#isDamaged = false;
      // What a merge that was cut off leaves is removed by it.
      const merged = this.#merges.close();
      await this.#work.close();
      await merged;
      await this.#writing.catch(() => undefined);
      for (const snapshot of this.#snapshots) await snapshot.close();
      for (const run of this.#runs()) await run.letGo();
    }
  }

  #runs(): readonly Run[] {
    return [...this.#operators.values()].flatMap((operator) => operator.all);
  }

  #requireOpen(): void {
    if (this.#closed) throw closed();
  }

  async #sort(operator: OperatorRuns, chunks: readonly Uint8Array[]): Promise<void> {
    const path = this.#newPath("run");
    const sorted = this.#work.sort({ path, chunks, keyGroups: allKeyGroups });
    await this.#stage(
      operator,
      sorted.then((run) => [{ path, ...run }]),
    );
  }

  async #stage(operator: OperatorRuns, runs: Promise<readonly FilledRun[]>): Promise<void> {
    for (const { path, records, held } of await runs) {
      if (records === 0) continue;
      const run = held === undefined ? await Run.open(this.#files, path) : Run.held(this.#files, path, held);
      if (this.#closed) await run.letGo();
      this.#requireOpen();
      operator.stage(run);
    }
  }

  #newPath(kind: "run" | "base"): string {
    return `${this.#directory}/${String(this.#next++).padStart(6, "0")}.${kind}`;
  }

  #writeManifest(): Promise<void> {
    return this.#inTurn(async () => {
      const operators = [...this.#operators].map(([uid, { committedHeader, committed }]) => ({
        uid,
        header: committedHeader ?? null,
        runs: committed.map(({ path }) => path.slice(this.#directory.length + 1)),
      }));
      const manifest: StoreManifest = { version: 1, marker: this.#marker ?? null, next: this.#next, operators };
      await writeStoreManifest(this.#files, this.#directory, manifest);
    });
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#writing.then(change);
    this.#writing = changed.catch(() => undefined);
    return changed;
  }
}

/** All of them, whatever fails; throws the first failure. */
async function forEach(runs: readonly Run[], end: (run: Run) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(runs.map(end));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}
