import type { ByteReader, ByteWriter } from "../bytes.ts";
import { makeCodec } from "../fingerprint.ts";
import { corrupt } from "../reader.ts";
import { mismatch } from "../refusal.ts";

/** Any number in 8 bytes; NaN and −0 are kept. */
export const numberCodec = makeCodec<number>(
  { kind: "number" },
  (value, writer) => {
    if (typeof value !== "number") throw mismatch("a number", value);
    writer.f64(value);
  },
  (reader) => reader.f64(),
);

/** Safe integers in 1 to 8 bytes. */
export const integerCodec = makeCodec<number>(
  { kind: "integer" },
  (value, writer) => {
    if (!Number.isSafeInteger(value)) throw notAnInteger(value);
    writeInteger(value, writer);
  },
  readInteger,
);

function notAnInteger(value: unknown): Error {
  const hint = typeof value === "number" ? "t.number() takes any number, t.bigint() integers past 2^53" : undefined;
  return mismatch("an integer within ±2^53", value, hint);
}

/**
 * Writes a safe integer: zigzag (0, −1, 1, −2, … become 0, 1, 2, 3, …) in 7-bit groups, least first. −0 is the otherwise
 * unused long form of 0, the bytes 80 00.
 */
export function writeInteger(value: number, writer: ByteWriter): void {
  if (isSmall(value)) {
    writer.varint(zigzag(value));
    return;
  }
  const negative = value < 0 ? 1 : 0;
  const magnitude = negative === 1 ? -1 - value : value;
  const high = Math.floor(magnitude / 64);
  const low = (magnitude - high * 64) * 2 + negative;
  if (high === 0 && !Object.is(value, -0)) {
    writer.u8(low);
  } else {
    writer.u8(low | 0x80);
    writer.varint(high);
  }
}

/** An integer of 31 bits, and not −0. */
export function isSmall(value: unknown): value is number {
  return typeof value === "number" && (value << 1) >> 1 === value && (value !== 0 || 1 / value > 0);
}

/** Of a small integer; 32 bits. */
export function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

export function readInteger(reader: ByteReader): number {
  const low = reader.u8();
  const small = (low & 0x7f) >>> 1;
  if (low < 0x80) return (low & 1) === 0 ? small : -1 - small;
  const high = reader.varint();
  if (high === 0) return -0;
  if (high >= 2 ** 47) throw corrupt("an integer past 2^53");
  const magnitude = high * 64 + small;
  return (low & 1) === 0 ? magnitude : -1 - magnitude;
}

/** Bigints of any size: the number of bytes × 2, + 1 when negative, then the magnitude, least byte first. */
export const bigintCodec = makeCodec<bigint>(
  { kind: "bigint" },
  (value, writer) => {
    if (typeof value !== "bigint") throw mismatch("a bigint", value);
    writeBigint(value, writer);
  },
  readBigint,
);

export function writeBigint(value: bigint, writer: ByteWriter): void {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude === 0n ? "" : magnitude.toString(16);
  const length = (digits.length + 1) >> 1;
  writer.varint(length * 2 + (value < 0n ? 1 : 0));
  for (let end = digits.length; end > 0; end -= 2) writer.u8(Number.parseInt(digits.slice(Math.max(end - 2, 0), end), 16));
}

export function readBigint(reader: ByteReader): bigint {
  const head = reader.varint();
  const bytes = reader.view(Math.floor(head / 2));
  let digits = "0x0";
  for (let index = bytes.length - 1; index >= 0; index--) digits += (bytes[index] as number).toString(16).padStart(2, "0");
  const magnitude = BigInt(digits);
  return head % 2 === 1 ? -magnitude : magnitude;
}
