/** Grows as it is written. Numbers are little-endian unless a method says otherwise. Reused between records: take what you need with `slice`. */
export interface ByteWriter {
  /** Bytes written since the last `reset`. */
  readonly length: number;
  u8(value: number): void;
  u16be(value: number): void;
  u32(value: number): void;
  f64(value: number): void;
  /** An unsigned integer up to 2^53 in 7-bit groups, least first. */
  varint(value: number): void;
  /** Length in bytes (varint), then UTF-8; a lone surrogate survives the trip. */
  string(value: string): void;
  /** Length (varint), then the bytes. */
  bytes(value: Uint8Array): void;
  /** The bytes alone. */
  raw(value: Uint8Array): void;
  /** A long text as it stands in memory: 0 for Latin-1 or 1 for UTF-16, the number of UTF-16 units (varint), the units. */
  units(value: string): void;
  reset(): void;
  /** A copy of what was written from `start` (0) on. */
  slice(start?: number): Uint8Array;
}

/** Reads what a ByteWriter wrote. Running over the end throws CODEC_TRUNCATED. */
export interface ByteReader {
  readonly position: number;
  readonly remaining: number;
  u8(): number;
  u16be(): number;
  u32(): number;
  f64(): number;
  varint(): number;
  string(): string;
  /** A copy. */
  bytes(): Uint8Array;
  /** Moves past `length` bytes. */
  skip(length: number): void;
  /** The next `length` bytes as a view of the memory that is read: copy what is kept longer than that memory. */
  view(length: number): Uint8Array;
}
