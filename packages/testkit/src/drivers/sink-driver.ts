import type { PreparedSink, Sink, SinkCommitter, SinkContext, SinkWriter } from "@millrace/contracts";
import { assert, type Json, type Ports } from "@millrace/core";

export interface SinkDriverOptions {
  readonly ports: Ports;
  readonly parallelism?: number;
  readonly runId?: string;
  readonly overwrite?: boolean;
  readonly acceptLoss?: boolean;
  /** Starts from a completed checkpoint: commits its committables again, then gives the writers their states. */
  readonly restored?: SinkCheckpoint;
  /** The runs whose snapshot that is; none: it is the run's own, which goes on. */
  readonly ancestorRunIds?: readonly string[];
}

/** What a completed checkpoint keeps of a sink; it survived JSON. */
export interface SinkCheckpoint {
  readonly committables: readonly Json[];
  /** By subtask. */
  readonly states: readonly (readonly Json[])[];
}

/**
 * Runs a sink without a runtime, in the runtime's order: prepareRun, commit of the restored checkpoint, recover, open, writes,
 * and at each checkpoint prepare → (the checkpoint is complete) → commit. Committables of checkpoints that never
 * completed go into the next one: commits are cumulative.
 */
export class SinkDriver<T> {
  readonly #sink: Sink<T>;
  readonly #options: SinkDriverOptions;
  readonly #writers: SinkWriter<T>[] = [];
  #committer: SinkCommitter | undefined;
  #carried: readonly Json[] = [];
  readonly #ids = new WeakMap<SinkCheckpoint, number>();
  #checkpointId: number;
  /** What its committer passed over, because that is accepted. */
  readonly lost: string[] = [];
  /** The last completed checkpoint, for a restart. */
  completed: SinkCheckpoint | undefined;

  private constructor(sink: Sink<T>, options: SinkDriverOptions, checkpointId: number) {
    this.#sink = sink;
    this.#options = options;
    this.#checkpointId = checkpointId;
    this.completed = options.restored;
  }

  /** `firstCheckpointId`: ids never repeat, also over restarts. */
  static async open<T>(sink: Sink<T>, options: SinkDriverOptions, firstCheckpointId = 1): Promise<SinkDriver<T>> {
    const driver = new SinkDriver(sink, options, firstCheckpointId);
    await sink.prepareRun?.(driver.#context(0));
    driver.#committer = sink.createCommitter?.({ ...driver.#context(0), acceptLoss: options.acceptLoss ?? false });
    if (options.restored !== undefined) await driver.#commit(options.restored.committables);
    await driver.#committer?.recover?.(options.restored?.states.flat() ?? []);
    for (let subtask = 0; subtask < driver.#parallelism; subtask++) {
      const writer = sink.createWriter(driver.#context(subtask));
      driver.#writers.push(writer);
      await writer.open(driver.#statesFor(subtask));
    }
    return driver;
  }

  get #parallelism(): number {
    return this.#options.parallelism ?? 1;
  }

  get checkpointId(): number {
    return this.#checkpointId;
  }

  #context(subtask: number): SinkContext {
    const { ports, runId = "run1", overwrite = false, restored, ancestorRunIds = [] } = this.#options;
    const resumed = restored !== undefined && ancestorRunIds.length === 0;
    return {
      ...{ ports, jobName: "job", runId, ancestorRunIds, uid: "sink", subtask, parallelism: this.#parallelism },
      ...{ resumed, overwrite, checkpointIntervalMs: 10_000 },
    };
  }

  #statesFor(subtask: number): readonly Json[] {
    const states = this.#options.restored?.states;
    if (states === undefined) return [];
    if (states.length === this.#parallelism) return states[subtask] ?? [];
    return states.flat().filter((_, index) => index % this.#parallelism === subtask);
  }

  async write(value: T, subtask = 0, timestamp = 0): Promise<void> {
    const writer = this.#writers[subtask];
    assert(writer !== undefined, `no writer ${subtask}`);
    await writer.ready();
    writer.write(value, timestamp);
  }

  async writeAll(values: Iterable<T>): Promise<void> {
    let turn = 0;
    for (const value of values) await this.write(value, turn++ % this.#parallelism);
  }

  /** prepare on all writers, called synchronously as at the barrier. */
  async prepare(): Promise<SinkCheckpoint> {
    const id = this.#checkpointId++;
    const prepared: PreparedSink[] = await Promise.all(this.#writers.map((writer) => writer.prepare(id)));
    const committables = [...this.#carried, ...prepared.flatMap((part) => part.committables)];
    this.#carried = committables;
    const checkpoint = throughJson({ committables, states: prepared.map((part) => part.states) });
    this.#ids.set(checkpoint, id);
    return checkpoint;
  }

  /** The checkpoint is complete: from now on a restart begins here. */
  complete(checkpoint: SinkCheckpoint): void {
    this.completed = checkpoint;
  }

  async commit(checkpoint: SinkCheckpoint): Promise<void> {
    await this.#commit(checkpoint.committables);
    this.#carried = this.#carried.slice(checkpoint.committables.length);
    const id = this.#ids.get(checkpoint);
    assert(id !== undefined, "what is committed was prepared by this driver");
    for (const writer of this.#writers) writer.committed?.(id);
  }

  async #commit(committables: readonly Json[]): Promise<void> {
    if (this.#committer === undefined) return;
    const result = await this.#committer.commit(committables);
    const { committed, alreadyCommitted, lost = [] } = result;
    this.lost.push(...lost);
    assert(committed + alreadyCommitted + lost.length === committables.length, "every committable is committed now, or was before, or is lost");
  }

  /** prepare, complete and commit. */
  async checkpoint(): Promise<void> {
    const checkpoint = await this.prepare();
    this.complete(checkpoint);
    await this.commit(checkpoint);
  }

  /** The input has ended; a last checkpoint follows. */
  endInput(): void {
    for (const writer of this.#writers) writer.endInput?.();
  }

  /** The end of a bounded input: a last checkpoint, then close. */
  async finish(): Promise<void> {
    this.endInput();
    await this.checkpoint();
    await this.close();
  }

  async close(): Promise<void> {
    for (const writer of this.#writers) await writer.close();
    await this.#committer?.close();
  }

  get sink(): Sink<T> {
    return this.#sink;
  }
}

function throughJson<V>(value: V): V {
  return JSON.parse(JSON.stringify(value)) as V;
}
