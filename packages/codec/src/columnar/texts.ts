import type { ByteReader, ByteWriter } from "../bytes.ts";
import { nativeBytes } from "../native-bytes.ts";
import { corrupt } from "../reader.ts";

const LATIN1 = 0;
const UTF16 = 1;

/**
 * A string cut out of a longer one keeps all of it in memory. So texts are decoded in groups of about so many UTF-16
 * units, and a string that a user keeps holds no more than its group. Alone each would cost a native call, three times
 * the price at 40 units a text.
 */
const GROUP_UNITS = 256;

let scratch = new Uint8Array(4096);

function scratchOf(bytes: number): Uint8Array {
  if (scratch.length < bytes) scratch = new Uint8Array(bytes * 2);
  return scratch;
}

/**
 * Writes the texts that `joined` is made of: the encoding (0 Latin-1, 1 UTF-16), the width of a length (1, 2 or 4
 * bytes), the number of UTF-16 units, the lengths, the units. Lone surrogates survive.
 */
export function writeTexts(joined: string, lengths: Int32Array, count: number, writer: ByteWriter): void {
  // Room for more bytes than units: a text that is not ASCII then never fills exactly as many bytes as it has units.
  const bytes = scratchOf(joined.length * 2 + 8);
  let encoding = LATIN1;
  let used = joined.length === 0 ? 0 : nativeBytes.utf8Write.call(bytes, joined, 0);
  if (used !== joined.length) {
    encoding = /[\u0100-\uffff]/.test(joined) ? UTF16 : LATIN1;
    used = encoding === LATIN1 ? nativeBytes.latin1Write.call(bytes, joined, 0) : nativeBytes.ucs2Write.call(bytes, joined, 0);
  }
  writer.u8(encoding);
  writeLengths(lengths, count, writer);
  writer.varint(joined.length);
  writer.raw(bytes.subarray(0, used));
}

function writeLengths(lengths: Int32Array, count: number, writer: ByteWriter): void {
  let longest = 0;
  for (let index = 0; index < count; index++) longest = Math.max(longest, lengths[index] as number);
  if (longest <= 0xff) {
    writer.u8(1);
    writer.raw(Uint8Array.from(lengths.subarray(0, count)));
  } else {
    const wide = longest <= 0xffff ? Uint16Array.from(lengths.subarray(0, count)) : lengths.subarray(0, count);
    writer.u8(wide.BYTES_PER_ELEMENT);
    writer.raw(new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength));
  }
}

function readLengths(reader: ByteReader, count: number): ArrayLike<number> {
  const width = reader.u8();
  const bytes = reader.view(count * width);
  if (width === 1) return bytes;
  const copy = new Uint8Array(bytes).buffer;
  if (width === 2) return new Uint16Array(copy);
  if (width === 4) return new Uint32Array(copy);
  throw corrupt(`text lengths of ${width} bytes`);
}

/** Reads `count` texts that `writeTexts` wrote. */
export function readTexts(reader: ByteReader, count: number): string[] {
  const encoding = reader.u8();
  if (encoding > UTF16) throw corrupt(`texts in the unknown encoding ${encoding}`);
  const lengths = readLengths(reader, count);
  const units = reader.varint();
  const bytes = reader.view(encoding === LATIN1 ? units : units * 2);
  const texts: string[] = [];
  let from = 0;
  for (let first = 0; first < count; ) {
    let end = first;
    let groupUnits = 0;
    while (end < count && (groupUnits === 0 || groupUnits + (lengths[end] as number) <= GROUP_UNITS)) groupUnits += lengths[end++] as number;
    if (from + groupUnits > units) throw corrupt("texts longer than their sum");
    const group =
      encoding === LATIN1
        ? nativeBytes.latin1Slice.call(bytes, from, from + groupUnits)
        : nativeBytes.ucs2Slice.call(bytes, from * 2, (from + groupUnits) * 2);
    let at = 0;
    for (; first < end; first++) {
      const next = at + (lengths[first] as number);
      texts.push(group.substring(at, next));
      at = next;
    }
    from += groupUnits;
  }
  return texts;
}
