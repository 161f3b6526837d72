import { isCorrupt } from "@millrace/checkpoint";
import type { FinishedFile, WrittenBase } from "@millrace/contracts";
import { assert, type Files } from "@millrace/core";
import { type FileHeader, writeHeader } from "../format/file-header.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { decideCompaction } from "./compaction.ts";
import type { OperatorRuns } from "./operator-runs.ts";
import { joined } from "./pieces.ts";
import { Run } from "./run.ts";
import { type BaseTask, closed, type StoreWork } from "./store-work.ts";

/** With more runs than this, what is applied waits for merges. */
const RUNS_MAX = 48;

/** Whose runs are merged. */
export interface MergedStore {
  readonly operators: ReadonlyMap<string, OperatorRuns>;
  newPath(kind: "run" | "base"): string;
  /** What was put in the place of others is part of the store when this resolves. */
  keep(): Promise<void>;
  /** What was read does not fit its checksum. */
  damaged(): void;
}

/** Keeps the runs of a store few, in the background: one merge at a time for each operator. One that fails is the end of the store. */
export class Merges {
  readonly #files: Files;
  readonly #work: StoreWork;
  readonly #store: MergedStore;
  readonly #underWay = new Set<Promise<void>>();
  #settled = Promise.withResolvers<void>();
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(files: Files, work: StoreWork, store: MergedStore) {
    this.#files = files;
    this.#work = work;
    this.#store = store;
  }

  /** Those that are due of what has been committed. */
  start(): void {
    for (const operator of this.#store.operators.values()) {
      if (operator.merging || this.#closed || this.#failure !== undefined) continue;
      const due = decideCompaction(operator.committed.map(({ bytes }) => bytes));
      if (due !== undefined) this.#begin(operator, this.#merge(operator, operator.committed.slice(due.first, due.last + 1), due.first === 0));
    }
  }

  /** Waits while an operator has too many runs. Throws what a merge has failed with. */
  async roomFor(operator: OperatorRuns): Promise<void> {
    while (operator.all.length >= RUNS_MAX && operator.merging && !this.#closed) await this.#settled.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Merges what has been committed of an operator into one run, and copies that into a file of keyed state. */
  async writeBase(operator: OperatorRuns): Promise<WrittenBase> {
    while (operator.merging && !this.#closed) await this.#settled.promise;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#closed) throw closed();
    const { committed, committedHeader: header } = operator;
    assert(header !== undefined, "a store knows the header of what was applied");
    const writing = this.#writeBase(operator, committed, header);
    this.#begin(operator, writing);
    return { checkpointId: header.checkpointId, file: await writing };
  }

  /** No other is begun. Resolves when none is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#underWay);
  }

  #begin(operator: OperatorRuns, merge: Promise<unknown>): void {
    operator.merging = true;
    const over = (): void => {
      operator.merging = false;
      this.#underWay.delete(settled);
      this.#settled.resolve();
      this.#settled = Promise.withResolvers();
      this.start();
    };
    const settled: Promise<void> = merge.then(over, over);
    this.#underWay.add(settled);
  }

  /** Puts one run in the place of others. */
  async #merge(operator: OperatorRuns, old: readonly Run[], dropTombstones: boolean): Promise<Run | undefined> {
    try {
      return await this.#mergeRuns(operator, old, dropTombstones);
    } catch (error) {
      if (!this.#isGone(operator)) this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#failure = { error };
    if (isCorrupt(error)) this.#store.damaged();
  }

  /** Nobody waits any more for what is done for it. */
  #isGone(operator: OperatorRuns): boolean {
    return this.#closed || ![...this.#store.operators.values()].includes(operator);
  }

  async #mergeRuns(operator: OperatorRuns, old: readonly Run[], dropTombstones: boolean): Promise<Run | undefined> {
    const path = this.#store.newPath("run");
    for (const run of old) run.use();
    try {
      const records = await this.#work.merge({ path, inputs: old.map((run) => run.path), bytes: bytesOf(old), dropTombstones });
      const merged = records === 0 ? undefined : await Run.open(this.#files, path);
      if (this.#isGone(operator)) {
        await merged?.retire();
        throw closed();
      }
      operator.replace(old, merged);
      await this.#store.keep();
      for (const run of old) await run.retire();
      return merged;
    } finally {
      for (const run of old) await run.letGo();
    }
  }

  async #writeBase(operator: OperatorRuns, runs: readonly Run[], header: FileHeader): Promise<FinishedFile> {
    const [oldest] = runs;
    const isBase = oldest === undefined || (runs.length === 1 && oldest.index.tombstones === 0);
    const run = isBase ? oldest : await this.#merge(operator, runs, true);
    run?.use();
    const path = this.#store.newPath("base");
    try {
      const writer = new RecordWriter();
      writeHeader(writer, { ...header, distinct: true });
      const task: BaseTask = { path, header: joined(writer.finish()), input: run?.path, bytes: run?.bytes ?? 0 };
      const { bytes, crc32 } = await this.#work.base(task);
      return { path, bytes, checksum: crc32.toString(16).padStart(8, "0") };
    } catch (error) {
      if (!this.#isGone(operator) && isCorrupt(error)) this.#failed(error);
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
