import { RecordParser, type StoredRecord } from "@millrace/state";

/** A record as it stands in a file; `stored` undefined: a tombstone. */
type FileRecord = readonly [key: Uint8Array, stored: Uint8Array | undefined];

/**
 * The records of one file of keyed state, as they stand there, in batches, so that there is no promise for each. The first
 * is its header, whose key is empty. Bytes are copied. Throws STATE_CORRUPT.
 */
export async function* recordsOfFile(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FileRecord[]> {
  let batch: FileRecord[] = [];
  const parser = new RecordParser((key, stored) => batch.push([key.slice(), stored?.slice()]));
  for await (const chunk of chunks) {
    parser.push(chunk);
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
  parser.end();
}

/** Walks over batches record by record; what is awaited is the next batch only. */
export class RecordCursor {
  readonly #batches: AsyncIterator<readonly StoredRecord[]>;
  #batch: readonly StoredRecord[] = [];
  #at = 0;
  #ended = false;

  constructor(batches: AsyncIterable<readonly StoredRecord[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** The record in hand; undefined: call `fill`. */
  get current(): StoredRecord | undefined {
    return this.#batch[this.#at];
  }

  next(): void {
    this.#at++;
  }

  /** Gets the next batch; false at the end. */
  async fill(): Promise<boolean> {
    while (this.#at >= this.#batch.length) {
      if (this.#ended) return false;
      const { done, value } = await this.#batches.next();
      this.#ended = done === true;
      this.#batch = done === true ? [] : value;
      this.#at = 0;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
