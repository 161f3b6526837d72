import { posix } from "node:path";
import type { PreparedSink, SinkContext, SinkWriter } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import type { RecordEncoder } from "./encoding.ts";
import { writeError } from "./errors.ts";
import { IoQueue } from "./io-queue.ts";
import { type PartNames, partitionPath } from "./names.ts";
import { type FileCommittable, PartFile } from "./part-file.ts";
import { recover } from "./recovery.ts";
import { type WriterState, writerStatesOf } from "./writer-state.ts";

export interface WriterOptions<T> {
  readonly directory: string;
  readonly names: PartNames;
  /** A new encoder for each writer; the columns are those of a restored writer. */
  readonly createEncoder: (columns: readonly string[] | null) => RecordEncoder<T>;
  readonly partitionBy: ((value: T) => string) | undefined;
  readonly rollBytes: number;
  readonly rollAgeMs: number;
  readonly everyCheckpoint: boolean;
}

/** Bytes of buffers that wait for the disk before the writer asks for a pause. */
const queuedBytesMax = 4 << 20;
/** Files open at once; the one written to longest ago is closed for a new one. */
const openFilesMax = 64;

/**
 * Writes records into files in progress, one for each partition. At a barrier it cuts: everything written so far is in
 * files that are closed and handed out as committables, or (everyCheckpoint: false) in a file whose length is in the
 * state.
 */
export class FileWriter<T> implements SinkWriter<T> {
  readonly #context: SinkContext;
  readonly #options: WriterOptions<T>;
  readonly #queue = new IoQueue(queuedBytesMax);
  /** By partition, the one written to last at the end. */
  readonly #open = new Map<string, PartFile>();
  /** Finished since the last barrier; their handles are closed unless the disk failed. */
  readonly #closing = new Set<PartFile>();
  /** Closed since the last barrier, or taken over from a restored writer. */
  #finished: FileCommittable[] = [];
  /** Directories with new names in them since the last barrier. */
  readonly #dirty = new Set<string>();
  #encoder: RecordEncoder<T>;
  #nextCounter = 0;
  #ended = false;
  /** The partition and file of the last record: most often the next one's too. */
  #last: { readonly partition: string; readonly file: PartFile } | undefined;

  constructor(context: SinkContext, options: WriterOptions<T>) {
    this.#context = context;
    this.#options = options;
    this.#encoder = options.createEncoder(null);
  }

  async open(states: readonly Json[]): Promise<void> {
    const { directory, names } = this.#options;
    const recovered = await recover(this.#context, directory, names, writerStatesOf(states)).catch((error: unknown) => {
      throw writeError("prepared for writing", directory, error);
    });
    this.#nextCounter = recovered.nextCounter;
    this.#encoder = this.#options.createEncoder(recovered.columns);
    this.#finished = [...recovered.finished];
    // Copies of another run's files are new names as well.
    for (const { partition } of recovered.finished) this.#dirty.add(partition);
  }

  write(value: T): void {
    const { partitionBy, rollBytes } = this.#options;
    const text = this.#encoder.encode(value);
    const partition = partitionBy === undefined ? "" : partitionBy(value);
    const file = this.#last?.partition === partition ? this.#last.file : this.#fileFor(partition);
    file.append(text);
    if (file.bytes >= rollBytes) this.#finish(file);
  }

  #fileFor(partition: string): PartFile {
    const path = partitionPath(partition);
    const file = this.#open.get(path) ?? this.#begin(path);
    // The map's order is that of use: what is asked for goes to its end.
    this.#open.delete(path);
    this.#open.set(path, file);
    this.#last = { partition, file };
    return file;
  }

  #begin(partition: string): PartFile {
    if (this.#open.size >= openFilesMax) {
      const [longestAgo] = this.#open.values();
      if (longestAgo !== undefined) this.#finish(longestAgo);
    }
    const { directory, names } = this.#options;
    const { ports, runId, subtask } = this.#context;
    const name = names.nameOf({ runId, subtask, counter: this.#nextCounter++ });
    const file = new PartFile(ports.files, this.#queue, directory, { partition, name }, ports.clock.now());
    file.create(names);
    const header = this.#encoder.header();
    if (header !== "") file.append(header);
    // A new directory is a new name in the one above it.
    for (let path = partition; path !== "" && path !== "."; path = posix.dirname(path)) this.#dirty.add(path);
    this.#dirty.add("");
    return file;
  }

  #finish(file: PartFile): void {
    this.#finished.push(file.finish());
    this.#closing.add(file);
    this.#open.delete(file.partition);
    if (this.#last?.file === file) this.#last = undefined;
  }

  ready(): Promise<void> | undefined {
    this.#finishAged();
    return this.#queue.room();
  }

  #finishAged(): void {
    const { rollAgeMs } = this.#options;
    if (rollAgeMs === Number.POSITIVE_INFINITY || this.#open.size === 0) return;
    const now = this.#context.ports.clock.now();
    for (const file of [...this.#open.values()]) if (now - file.createdAtMs >= rollAgeMs) this.#finish(file);
  }

  endInput(): void {
    this.#ended = true;
  }

  async prepare(_checkpointId: number): Promise<PreparedSink> {
    // Everything up to the first await belongs to the cut.
    this.#finishAged();
    const closeAll = this.#options.everyCheckpoint || this.#ended;
    for (const file of [...this.#open.values()]) {
      if (closeAll) this.#finish(file);
      else file.sync();
    }
    const committables = this.#finished;
    this.#finished = [];
    const state = this.#state();
    for (const path of this.#dirty) this.#syncDirectory(posix.join(this.#options.directory, path));
    this.#dirty.clear();
    await this.#queue.run(0, async () => {});
    for (const file of this.#closing) if (file.isClosed) this.#closing.delete(file);
    return { committables, states: [state] };
  }

  #state(): WriterState {
    const { runId, subtask } = this.#context;
    const open = [...this.#open.values()].map(({ partition, name, bytes }) => ({ partition, name, bytes }));
    return { runId, subtask, nextCounter: this.#nextCounter, columns: this.#encoder.columns, open };
  }

  #syncDirectory(path: string): void {
    void this.#queue.run(0, () =>
      this.#context.ports.files.syncDirectory(path).catch((error: unknown) => {
        throw writeError("made durable", path, error);
      }),
    );
  }

  async close(): Promise<void> {
    await this.#queue.close();
    for (const file of [...this.#open.values(), ...this.#closing]) await file.abandon();
    this.#open.clear();
    this.#closing.clear();
  }
}
