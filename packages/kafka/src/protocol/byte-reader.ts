import { MillraceError } from "@millrace/core";

/** Reads Kafka's wire types. Reading past the end throws KAFKA_PROTOCOL. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes < 0 || at + bytes > this.#buffer.length) {
      throw new MillraceError("KAFKA_PROTOCOL", `an answer of the broker ends after ${this.#buffer.length} bytes, in the middle of a field`, {
        hint: "something between this process and the broker cuts or changes what is sent",
      });
    }
    this.#at = at + bytes;
    return at;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  /** An int64 that is an offset or a timestamp, within ±2^53. */
  long(): number {
    const at = this.#take(8);
    return this.#buffer.readInt32BE(at) * 4294967296 + this.#buffer.readUInt32BE(at + 4);
  }

  varuint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer[this.#take(1)] as number;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value >>> 0;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return this.#buffer.toString("utf8", at, at + length);
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#text(length);
  }

  string(): string {
    return this.nullableString() ?? "";
  }

  nullableCompactString(): string | null {
    const length = this.varuint() - 1;
    return length < 0 ? null : this.#text(length);
  }

  compactString(): string {
    return this.nullableCompactString() ?? "";
  }

  /** A view into the answer. */
  bytes(length: number): Buffer {
    const at = this.#take(Math.max(0, length));
    return this.#buffer.subarray(at, this.#at);
  }

  compactBytes(): Buffer {
    return this.bytes(this.varuint() - 1);
  }

  uuid(): string {
    const at = this.#take(16);
    return this.#buffer.toString("hex", at, at + 16);
  }

  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.varuint() - 1, read);
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let left = count; left > 0; left--) items.push(read());
    return items;
  }

  /** Tagged fields of a flexible version; those that `on` does not know are passed over. */
  tags(on?: (tag: number) => void): void {
    for (let left = this.varuint(); left > 0; left--) {
      const tag = this.varuint();
      const end = this.varuint() + this.#at;
      on?.(tag);
      this.#at = Math.max(this.#at, end);
      this.#take(0);
    }
  }
}
