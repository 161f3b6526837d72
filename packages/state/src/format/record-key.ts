import { crc32 } from "node:zlib";
import type { ByteWriter } from "@millrace/codec";

/**
 * What a record holds; it stands behind the key group, so that what is read at the start (timers, keys of windows) lies
 * together.
 */
export const recordForms = { timer: 0, indexedCell: 1, cell: 2, page: 3 } as const;
export type RecordForm = (typeof recordForms)[keyof typeof recordForms];

/** Key group (2 bytes, big-endian), form (1 byte), state id (4 bytes). */
export const RECORD_HEAD_BYTES = 7;

export interface RecordHead {
  readonly keyGroup: number;
  readonly form: number;
  readonly stateId: number;
}

/** The number that stands for a state's name in record keys: the same in every process and every file. */
export function stateIdOf(name: string): number {
  return crc32(name);
}

export function writeRecordHead(writer: ByteWriter, keyGroup: number, form: RecordForm, stateId: number): void {
  writer.u16be(keyGroup);
  writer.u8(form);
  writer.u32(stateId);
}

export function keyGroupOfRecord(key: Uint8Array, at = 0): number {
  return ((key[at] ?? 0) << 8) | (key[at + 1] ?? 0);
}

export function formOfRecord(key: Uint8Array, at = 0): number {
  return key[at + 2] ?? 0;
}

export function readRecordHead(key: Uint8Array): RecordHead {
  return {
    keyGroup: keyGroupOfRecord(key),
    form: formOfRecord(key),
    stateId: ((key[3] ?? 0) | ((key[4] ?? 0) << 8) | ((key[5] ?? 0) << 16) | ((key[6] ?? 0) << 24)) >>> 0,
  };
}
