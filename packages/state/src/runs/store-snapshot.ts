import { isCorrupt } from "@millrace/checkpoint";
import { MillraceError } from "@millrace/core";
import type { FileHeader } from "../format/file-header.ts";
import { Frames } from "./frames.ts";
import type { OperatorRuns } from "./operator-runs.ts";
import type { Run } from "./run.ts";
import type { StoreMarker } from "./store-manifest.ts";
import type { StoreWork } from "./store-work.ts";

/** A key (without the operator's prefix) and what is stored under it: value and checksum. */
export type StoredRecord = readonly [key: Uint8Array, stored: Uint8Array];

/** Whose snapshot it is: what it hears of it. */
interface SnapshotStore {
  closed(): void;
  /** What was read does not fit its checksum. */
  damaged(): void;
}

/** A store as it was at one moment; what is applied meanwhile does not show. The store's closing ends it. */
export class StoreSnapshot {
  readonly #marker: StoreMarker | undefined;
  readonly #operators: ReadonlyMap<string, { readonly header: FileHeader | undefined; readonly runs: readonly Run[] }>;
  readonly #work: StoreWork;
  readonly #store: SnapshotStore;
  #closed = false;

  constructor(marker: StoreMarker | undefined, operators: ReadonlyMap<string, OperatorRuns>, work: StoreWork, store: SnapshotStore) {
    this.#marker = marker;
    this.#store = store;
    this.#work = work;
    this.#operators = new Map([...operators].map(([uid, { header, all }]) => [uid, { header, runs: all }]));
    for (const { runs } of this.#operators.values()) for (const run of runs) run.use();
  }

  marker(): StoreMarker | undefined {
    return this.#marker;
  }

  header(uid: string): FileHeader | undefined {
    return this.#operators.get(uid)?.header;
  }

  /** All records of an operator in the order of their keys' bytes. Throws STATE_SNAPSHOT_CLOSED when it is closed meanwhile. */
  async *records(uid: string): AsyncGenerator<readonly StoredRecord[]> {
    const frames = new Frames(new Uint8Array(0));
    for await (const chunk of this.chunks(uid)) {
      const records: StoredRecord[] = [];
      frames.restart(chunk, chunk.length);
      while (frames.step()) records.push([chunk.subarray(frames.keyAt, frames.keyEnd), chunk.subarray(frames.keyEnd, frames.frameEnd)]);
      yield records;
    }
  }

  /** As `records`, framed as in a file, in chunks of whole frames; `newer` are frames that replace and remove records. */
  async *chunks(uid: string, newer: readonly Uint8Array[] = []): AsyncGenerator<Uint8Array> {
    if (this.#closed) throw closedMeanwhile();
    const runs = this.#operators.get(uid)?.runs ?? [];
    const inputs = runs.map(({ path }) => path);
    const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
    try {
      for await (const chunk of this.#work.read({ inputs, bytes, newer, keyGroups: { start: 0, end: 0xffff } })) {
        if (this.#closed) throw closedMeanwhile();
        yield chunk;
      }
    } catch (error) {
      if (isCorrupt(error)) this.#store.damaged();
      throw this.#closed ? closedMeanwhile(error) : error;
    }
  }

  /** Reading that is under way ends with an error. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#store.closed();
    for (const { runs } of this.#operators.values()) for (const run of runs) await run.letGo();
  }
}

function closedMeanwhile(cause?: unknown): MillraceError {
  return new MillraceError("STATE_SNAPSHOT_CLOSED", "a snapshot of the local store was closed while it was being read", { cause });
}
