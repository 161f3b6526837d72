import { MillraceError } from "@millrace/core";
import type { FileHeader } from "../format/file-header.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { markerKey, metaKey, operatorPrefix } from "./store-keys.ts";
import { headerOf, markerOf, type StoreMarker } from "./store-marker.ts";
import type { Level } from "./store-writer.ts";

/** So much is read at once: well under a millisecond of the event loop. */
const READ_ENTRIES = 512;
const READ_BYTES = 64 << 10;

/** A key (without the operator's prefix) and what is stored under it: value and checksum. */
export type StoredRecord = readonly [key: Uint8Array, stored: Uint8Array];

/** A store as it was at one moment; what is applied meanwhile does not show. The store's closing ends it. */
export class StoreSnapshot {
  readonly #level: Level;
  readonly #snapshot: ReturnType<Level["snapshot"]>;
  #closed = false;

  constructor(level: Level) {
    this.#level = level;
    this.#snapshot = level.snapshot();
  }

  marker(): StoreMarker | undefined {
    return markerOf(this.#level.getSync(markerKey, { snapshot: this.#snapshot }));
  }

  header(uid: string): FileHeader | undefined {
    return headerOf(this.#level.getSync(metaKey(operatorPrefix(uid)), { snapshot: this.#snapshot }));
  }

  /** All records of an operator in the order of their keys' bytes. Throws STATE_SNAPSHOT_CLOSED when it is closed meanwhile. */
  async *records(uid: string): AsyncGenerator<readonly StoredRecord[]> {
    const prefix = operatorPrefix(uid);
    if (this.#closed) throw closedMeanwhile();
    const range = { gte: prefix, lt: metaKey(prefix) };
    const iterator = this.#level.iterator({ ...range, fillCache: false, highWaterMarkBytes: READ_BYTES, snapshot: this.#snapshot });
    try {
      for (;;) {
        const entries = await iterator.nextv(READ_ENTRIES).catch((error: unknown) => {
          throw this.#closed ? closedMeanwhile(error) : error;
        });
        if (this.#closed) throw closedMeanwhile();
        if (entries.length === 0) return;
        yield entries.map(([key, stored]): StoredRecord => [key.subarray(prefix.length), stored]);
      }
    } finally {
      await iterator.close();
    }
  }

  /** As `records`, framed as in a file, in chunks. */
  async *chunks(uid: string): AsyncGenerator<Uint8Array> {
    const writer = new RecordWriter();
    for await (const records of this.records(uid)) {
      for (const [key, stored] of records) writer.copy(key, stored);
      yield* writer.takeFull();
    }
    yield* writer.finish();
  }

  /** Reading that is under way ends with an error. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#snapshot.close();
  }
}

function closedMeanwhile(cause?: unknown): MillraceError {
  return new MillraceError("STATE_SNAPSHOT_CLOSED", "a snapshot of the local store was closed while it was being read", { cause });
}
