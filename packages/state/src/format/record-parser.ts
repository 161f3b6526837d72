import { corruptState } from "./checksum.ts";

/** Told of each record; the views are good until it returns. `stored` is value and checksum; undefined for a tombstone. */
export type RecordVisitor = (key: Uint8Array, stored: Uint8Array | undefined) => void;

/** Reads the frames of RecordWriter from a stream of chunks that may be cut anywhere. */
export class RecordParser {
  readonly #visit: RecordVisitor;
  /** The last chunk, or memory of the parser's own where records go on in the next one. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** What belongs to no whole record yet. */
  #start = 0;
  #end = 0;
  #at = 0;

  constructor(visit: RecordVisitor) {
    this.#visit = visit;
  }

  push(chunk: Uint8Array): void {
    if (this.#start < this.#end) {
      this.#append(chunk);
    } else {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
    }
    this.#at = this.#start;
    while (this.#record()) this.#start = this.#at;
  }

  /** The stream is over. Throws STATE_CORRUPT when it ends inside a record. */
  end(): void {
    if (this.#start < this.#end) throw corruptState("the last record of a file is cut short");
  }

  #record(): boolean {
    const keyBytes = this.#varint();
    const marker = keyBytes === undefined ? undefined : this.#varint();
    if (keyBytes === undefined || marker === undefined) return false;
    const keyAt = this.#at;
    const valueAt = keyAt + keyBytes;
    const end = valueAt + (marker === 0 ? 0 : marker - 1);
    if (end > this.#end) return false;
    this.#at = end;
    this.#visit(this.#bytes.subarray(keyAt, valueAt), marker === 0 ? undefined : this.#bytes.subarray(valueAt, end));
    return true;
  }

  /** A chunk that was pushed is never written into: it ends where its bytes do. Memory is doubled, lest a long record be copied with each of its chunks. */
  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#bytes.length) {
      const more = new Uint8Array(Math.max(held * 2, held + chunk.length));
      more.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = more;
      this.#start = 0;
      this.#end = held;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** undefined: the bytes end before it does. */
  #varint(): number | undefined {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (this.#at >= this.#end) return undefined;
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (value > Number.MAX_SAFE_INTEGER) throw corruptState("a record has an impossible length");
    }
  }
}

/** Reads a whole stream. */
export async function parseRecords(chunks: AsyncIterable<Uint8Array>, visit: RecordVisitor): Promise<void> {
  const parser = new RecordParser(visit);
  for await (const chunk of chunks) parser.push(chunk);
  parser.end();
}
