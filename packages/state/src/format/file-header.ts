import type { KeyGroupRange } from "@millrace/contracts";
import { canonicalJson, type Json } from "@millrace/core";
import { corruptState, verifiedValue } from "./checksum.ts";
import type { RecordWriter } from "./record-writer.ts";

export const STATE_FORMAT_VERSION = 1;

/** A state as it stands in headers. */
export interface StateEntry {
  readonly name: string;
  readonly kind: string;
  /** Of the codecs: what a state of this name must have to read the records. */
  readonly fingerprint: string;
}

/** The first record of each file of keyed state; its key is empty. Later headers in a chain of files replace earlier ones. */
export interface FileHeader {
  readonly formatVersion: number;
  readonly uid: string;
  readonly checkpointId: number;
  readonly keyGroups: KeyGroupRange;
  /** Entries that are there after this file, pages and timers not counted. */
  readonly entries: number;
  /** As `keyKind`; absent before the first key. */
  readonly keyKind?: string;
  readonly states: readonly StateEntry[];
  /** No key stands in the file twice, and there are no tombstones. */
  readonly distinct?: true;
}

const noKey = new Uint8Array(0);

export function writeHeader(writer: RecordWriter, header: FileHeader): void {
  writer.begin().raw(encodeHeader(header));
  writer.endPut(0);
}

function encodeHeader(header: FileHeader): Uint8Array {
  return new TextEncoder().encode(canonicalJson(header as unknown as Json));
}

/** Reads the stored value of a header's record. Throws STATE_CORRUPT. */
export function readHeader(stored: Uint8Array | undefined): FileHeader {
  if (stored === undefined) throw corruptState("a file's header is a tombstone");
  return decodeHeader(verifiedValue(noKey, stored));
}

export function decodeHeader(bytes: Uint8Array): FileHeader {
  let header: FileHeader;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes)) as FileHeader;
  } catch (error) {
    throw corruptState("a file's header is no JSON", error);
  }
  if (header.formatVersion !== STATE_FORMAT_VERSION)
    throw corruptState(`files of format ${header.formatVersion} can't be read, only ${STATE_FORMAT_VERSION}`);
  return header;
}
