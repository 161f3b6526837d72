import type { EncodedState } from "@millrace/contracts";
import { assert, MillraceError } from "@millrace/core";
import type { Changes, Frozen } from "../cells/changes.ts";
import { NO_SLOT } from "../cells/slots.ts";
import { type FileHeader, writeHeader } from "../format/file-header.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { TimerSnapshot } from "../timers/timer-snapshot.ts";
import type { RawRecords } from "./raw-records.ts";
import type { StateRegistry } from "./state-registry.ts";

/** The clock is read after so many slots. */
const SLOTS_PER_CLOCK = 16;

/** The local store as it was before the frozen changes, whatever is written to it meanwhile. */
export interface StoreDump {
  /** Its records, framed; read once. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Lets go of it; reading on throws. */
  close(): void;
}

export interface SnapshotParts {
  readonly changes: Changes;
  readonly registry: StateRegistry;
  readonly raw: RawRecords;
  readonly monotonic: () => number;
  readonly header: FileHeader;
  /** Everything is set aside, from memory. */
  readonly all: boolean;
  /** Everything is set aside, from the local store and the changes. */
  readonly dump: StoreDump | undefined;
}

/** One checkpoint of a backend, from its barrier until it is complete or aborted. */
export class BackendSnapshot {
  readonly checkpointId: number;
  readonly header: FileHeader;
  readonly frozen: Frozen;
  readonly #parts: SnapshotParts;
  readonly #timers: TimerSnapshot;
  readonly #walk: Generator<void>;
  #encoded = false;
  #aborted = false;
  #delta: readonly Uint8Array[] | undefined;

  /** The barrier. */
  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.checkpointId = parts.header.checkpointId;
    this.header = parts.all ? { ...parts.header, distinct: true } : parts.header;
    this.frozen = parts.changes.freeze(parts.all);
    this.#timers = new TimerSnapshot(parts.registry.services, this.frozen);
    this.#walk = this.#walkAll();
  }

  /** What follows takes about half a slice: it waits for the next one, unless there was little left to encode. */
  encode(budgetMs: number): boolean {
    if (this.#encoded) return true;
    const { monotonic } = this.#parts;
    const start = monotonic();
    this.#encoded = this.#encodeUntil(() => monotonic() >= start + budgetMs);
    return this.#encoded && monotonic() < start + budgetMs / 2;
  }

  /** The file: header, what the store held, tombstones, puts. */
  take(): EncodedState {
    assert(this.#encoded, "all is encoded before it is taken");
    assert(this.#delta === undefined, "a snapshot is taken once");
    const { tombstones, puts } = this.frozen;
    const { dump } = this.#parts;
    const header = new RecordWriter();
    writeHeader(header, this.header);
    const records = tombstones.records + puts.records;
    const delta = [...tombstones.finish(), ...puts.finish()];
    this.#delta = delta;
    if (dump === undefined) return { chunks: [...header.finish(), ...delta], records };
    return { chunks: this.#base(header.finish(), dump, delta), records };
  }

  /** The changes alone, for the local store. */
  get delta(): readonly Uint8Array[] {
    assert(this.#delta !== undefined, "a checkpoint is complete after its snapshot was taken");
    return this.#delta;
  }

  abort(): void {
    this.#aborted = true;
    this.#parts.dump?.close();
    this.#timers.abort();
    this.#parts.changes.abort();
  }

  async *#base(header: readonly Uint8Array[], dump: StoreDump, delta: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* header;
    try {
      yield* dump.chunks();
    } catch (error) {
      throw this.#aborted ? this.#givenUp(error) : error;
    }
    if (this.#aborted) throw this.#givenUp();
    yield* delta;
  }

  #givenUp(cause?: unknown): MillraceError {
    return new MillraceError("CHECKPOINT_ABORTED", `checkpoint ${this.checkpointId} was given up while its base was being written`, { cause });
  }

  #encodeUntil(isOver: () => boolean): boolean {
    if (!this.#timers.encode(isOver)) return false;
    if (!this.#parts.all) return this.#parts.changes.encodeChanged(isOver);
    for (;;) {
      if (this.#walk.next().done === true) return true;
      if (isOver()) return false;
    }
  }

  *#walkAll(): Generator<void> {
    const { changes, registry, raw } = this.#parts;
    const { slots } = registry;
    for (let slot = NO_SLOT + 1; slot < slots.end; slot++) {
      changes.encodeFrozen(slot);
      if (slot % SLOTS_PER_CLOCK === 0) yield;
    }
    yield* raw.copyTo(this.frozen.puts);
  }
}
