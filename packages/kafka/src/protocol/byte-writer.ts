/** Writes Kafka's wire types into a buffer that grows. Numbers are big-endian; int64 are bigints or safe integers. */
export class ByteWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(bytes = 256) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  #room(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, at + bytes));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#at = at + bytes;
    return at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  int64(value: number | bigint): this {
    const at = this.#room(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  varuint(value: number): this {
    let rest = value;
    while (rest > 127) {
      const at = this.#room(1);
      this.#buffer[at] = (rest & 127) | 128;
      rest >>>= 7;
    }
    const at = this.#room(1);
    this.#buffer[at] = rest;
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  #text(value: string, length: number): void {
    const at = this.#room(length);
    this.#buffer.write(value, at, "utf8");
  }

  /** null is length −1. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const length = Buffer.byteLength(value);
    this.int16(length);
    this.#text(value, length);
    return this;
  }

  /** Of the flexible versions: length plus 1 as a varuint, null is 0. */
  compactString(value: string | null): this {
    if (value === null) return this.varuint(0);
    const length = Buffer.byteLength(value);
    this.varuint(length + 1);
    this.#text(value, length);
    return this;
  }

  /** 32 hexadecimal digits, as `ByteReader.uuid` gives them. */
  uuid(value: string): this {
    return this.bytes(Buffer.from(value, "hex"));
  }

  /** No tagged fields: ends a structure of a flexible version. */
  noTags(): this {
    return this.int8(0);
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.varuint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }
}
