import { corruptState } from "./checksum.ts";

/** Told of each record; the views are good until it returns. `stored` is value and checksum; undefined for a tombstone. */
export type RecordVisitor = (key: Uint8Array, stored: Uint8Array | undefined) => void;

/** Reads the frames of RecordWriter from a stream of chunks that may be cut anywhere. */
export class RecordParser {
  readonly #visit: RecordVisitor;
  #rest: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(visit: RecordVisitor) {
    this.#visit = visit;
  }

  push(chunk: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    this.#at = 0;
    let done = 0;
    while (this.#record()) done = this.#at;
    this.#rest = this.#rest.subarray(done);
  }

  /** The stream is over. Throws STATE_CORRUPT when it ends inside a record. */
  end(): void {
    if (this.#rest.length > 0) throw corruptState("the last record of a file is cut short");
  }

  #record(): boolean {
    const keyBytes = this.#varint();
    const marker = keyBytes === undefined ? undefined : this.#varint();
    if (keyBytes === undefined || marker === undefined) return false;
    const keyAt = this.#at;
    const valueAt = keyAt + keyBytes;
    const end = valueAt + (marker === 0 ? 0 : marker - 1);
    if (end > this.#rest.length) return false;
    this.#at = end;
    this.#visit(this.#rest.subarray(keyAt, valueAt), marker === 0 ? undefined : this.#rest.subarray(valueAt, end));
    return true;
  }

  /** undefined: the bytes end before it does. */
  #varint(): number | undefined {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#rest[this.#at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (value > Number.MAX_SAFE_INTEGER) throw corruptState("a record has an impossible length");
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Reads a whole stream. */
export async function parseRecords(chunks: AsyncIterable<Uint8Array>, visit: RecordVisitor): Promise<void> {
  const parser = new RecordParser(visit);
  for await (const chunk of chunks) parser.push(chunk);
  parser.end();
}
