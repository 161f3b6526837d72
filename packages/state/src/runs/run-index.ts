import { crc32 } from "node:zlib";
import type { FileHandle } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import { compareBytes } from "./byte-order.ts";
import { KeyFilter } from "./key-filter.ts";

const MAGIC = 0x334e5552;
const FOOTER_BYTES = 56;
/** The index is read and checked in pieces, so that the event loop turns in between. */
const PIECE_BYTES = 1 << 20;

/** What is kept in memory of a run: where its blocks begin, with which key, and a filter of its keys. */
export interface RunIndex {
  /** Bytes of records in front of the index. */
  readonly dataBytes: number;
  readonly records: number;
  readonly tombstones: number;
  /** Timers and entries of windows, whose keys are read when a store is opened. */
  readonly resident: number;
  /** Where each block begins. */
  readonly offsets: Float64Array<ArrayBuffer>;
  /** CRC-32 of each block: a key that was changed would not be found, whatever the checksums of values say. */
  readonly checksums: Uint32Array<ArrayBuffer>;
  /** Where the first key of each block ends in `keys`; it begins where the one before ends. */
  readonly keyEnds: Uint32Array<ArrayBuffer>;
  readonly keys: Uint8Array<ArrayBuffer>;
  readonly filter: KeyFilter;
}

/** The block that a key would be in: the last one that begins at or before it; −1 when all begin behind it. */
export function blockOf(index: RunIndex, key: Uint8Array, keyStart: number, keyEnd: number): number {
  const { keyEnds, keys } = index;
  let low = 0;
  let high = keyEnds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = middle === 0 ? 0 : (keyEnds[middle - 1] as number);
    if (compareBytes(keys, start, keyEnds[middle] as number, key, keyStart, keyEnd) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function blockEnd(index: RunIndex, block: number): number {
  return index.offsets[block + 1] ?? index.dataBytes;
}

/** Memory that the index takes. */
export function indexBytes({ offsets, checksums, keyEnds, keys, filter }: RunIndex): number {
  return offsets.byteLength + checksums.byteLength + keyEnds.byteLength + keys.byteLength + filter.words.byteLength;
}

/** The bytes that stand behind a run's records: the parts of the index, then a footer with their sizes and checksums. */
export function encodeIndex(index: RunIndex): readonly Uint8Array[] {
  const parts = partsOf(index);
  const footer = new DataView(new ArrayBuffer(FOOTER_BYTES));
  footer.setUint32(0, MAGIC, true);
  footer.setFloat64(4, index.dataBytes, true);
  footer.setFloat64(12, index.records, true);
  footer.setFloat64(20, index.tombstones, true);
  footer.setUint32(28, index.keyEnds.length, true);
  footer.setUint32(32, index.keys.length, true);
  footer.setUint32(36, index.filter.words.length, true);
  let checksum = 0;
  for (const part of parts) checksum = crc32(part, checksum);
  footer.setUint32(40, checksum, true);
  footer.setFloat64(44, index.resident, true);
  footer.setUint32(52, crc32(new Uint8Array(footer.buffer, 0, 52)), true);
  return [...parts, new Uint8Array(footer.buffer)];
}

/** Reads what `encodeIndex` wrote at the end of a file. Throws STATE_CORRUPT. */
export async function readIndex(handle: FileHandle, fileBytes: number): Promise<RunIndex> {
  if (fileBytes < FOOTER_BYTES) throw corruptState("a run of the local store is cut short");
  const bytes = new Uint8Array(FOOTER_BYTES);
  await readFully(handle, bytes, fileBytes - FOOTER_BYTES);
  const footer = new DataView(bytes.buffer);
  if (footer.getUint32(0, true) !== MAGIC || footer.getUint32(52, true) !== crc32(bytes.subarray(0, 52))) {
    throw corruptState("a run of the local store has no valid end");
  }
  const blocks = footer.getUint32(28, true);
  const index: RunIndex = {
    dataBytes: footer.getFloat64(4, true),
    records: footer.getFloat64(12, true),
    tombstones: footer.getFloat64(20, true),
    resident: footer.getFloat64(44, true),
    offsets: new Float64Array(blocks),
    checksums: new Uint32Array(blocks),
    keyEnds: new Uint32Array(blocks),
    keys: new Uint8Array(footer.getUint32(32, true)),
    filter: new KeyFilter(new Uint32Array(footer.getUint32(36, true))),
  };
  if (index.dataBytes + indexBytes(index) + FOOTER_BYTES !== fileBytes) throw corruptState("a run of the local store has another length");
  let position = index.dataBytes;
  let checksum = 0;
  for (const part of partsOf(index)) {
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      const piece = part.subarray(at, at + PIECE_BYTES);
      await readFully(handle, piece, position);
      checksum = crc32(piece, checksum);
      position += piece.length;
    }
  }
  if (checksum !== footer.getUint32(40, true)) throw corruptState("the index of a run of the local store does not fit its checksum");
  return index;
}

/** Numbers are in the byte order of the machine, which a local store never leaves. */
function partsOf({ offsets, checksums, keyEnds, keys, filter }: RunIndex): readonly Uint8Array[] {
  return [
    new Uint8Array(offsets.buffer),
    new Uint8Array(checksums.buffer),
    new Uint8Array(keyEnds.buffer),
    keys,
    new Uint8Array(filter.words.buffer),
  ];
}

async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const read = await handle.read(into.subarray(done), position + done);
    if (read === 0) throw corruptState("a run of the local store is cut short");
    done += read;
  }
}
