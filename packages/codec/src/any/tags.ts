/** The first byte of each value of `t.any()`. Part of the format of snapshots: numbers are only ever added. */
export const tags = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  /** A safe integer or −0, as `writeInteger` writes it. */
  integer: 4,
  /** Any other number, 8 bytes. */
  number: 5,
  string: 6,
  bigint: 7,
  /** Milliseconds as a number, NaN for an invalid Date. */
  date: 8,
  /** Length, then the elements. */
  array: 9,
  /** Number of fields; then name and value in turn. */
  object: 10,
  map: 11,
  set: 12,
  /** The position of its class, then its bytes. */
  typedArray: 13,
  /** Name, then what the class's codec writes. */
  class: 14,
  /** Length, then the bytes of a Buffer. A Uint8Array that is none is a `typedArray`. */
  buffer: 15,
  /** Integers 0 to 127 are one byte: 128 + the integer. */
  smallInteger: 128,
} as const;
