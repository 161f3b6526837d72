import { createReader, decodeKey } from "@millrace/codec";
import { MillraceError, messageOf } from "@millrace/core";
import { verifiedValue } from "../format/checksum.ts";
import { readHeader, writeHeader } from "../format/file-header.ts";
import { RECORD_HEAD_BYTES, readRecordHead, recordForms, stateIdOf, writeRecordHead } from "../format/record-key.ts";
import { RecordParser } from "../format/record-parser.ts";
import { RecordWriter } from "../format/record-writer.ts";
import { migrateHeader } from "./migrate-header.ts";
import type { RecordMigration, RewrittenState, StateMigration } from "./record-migration.ts";
import { rewriteContent } from "./rewrite-value.ts";
import { writeMovedEnd, writeWindowTimers } from "./window-timers.ts";

/** What was made is handed on at about this size. */
const CHUNK_BYTES = 64 << 10;

/**
 * Makes the files of one operator's state (a base and deltas, oldest first, cut into chunks anywhere) into those of an
 * edited operator, record by record: tombstones stay tombstones, so that a chain reads as before. Throws STATE_MIGRATION
 * with uid, state and key for a value that can't be made.
 */
export async function* migrateRecords(chunks: AsyncIterable<Uint8Array>, migration: RecordMigration): AsyncGenerator<Uint8Array> {
  const states = new Map(migration.states.map((state) => [stateIdOf(state.from), state]));
  let made = new RecordWriter();
  const parser = new RecordParser((key, stored) => migrateRecord(key, stored, migration, states, made));
  for await (const chunk of chunks) {
    parser.push(chunk);
    if (made.bytes < CHUNK_BYTES) continue;
    yield* made.finish();
    made = new RecordWriter();
  }
  parser.end();
  yield* made.finish();
}

function migrateRecord(
  key: Uint8Array,
  stored: Uint8Array | undefined,
  migration: RecordMigration,
  states: ReadonlyMap<number, StateMigration>,
  made: RecordWriter,
): void {
  if (key.length === 0) {
    writeHeader(made, migrateHeader(readHeader(stored), migration));
    return;
  }
  const { form, stateId } = readRecordHead(key);
  if (form === recordForms.timer) {
    migrateTimer(key, stored, migration, made);
    return;
  }
  const state = states.get(stateId);
  if (state === undefined) copy(key, stored, made);
  else if (state.kind === "rewritten") rewriteRecord(key, stored, state, migration, made);
}

function migrateTimer(key: Uint8Array, stored: Uint8Array | undefined, { dropsTimers, movedEnds }: RecordMigration, made: RecordWriter): void {
  if (dropsTimers) return;
  copy(key, stored, made);
  if (movedEnds !== undefined) writeMovedEnd(key, stored !== undefined, movedEnds, made);
}

function rewriteRecord(key: Uint8Array, stored: Uint8Array | undefined, state: RewrittenState, migration: RecordMigration, made: RecordWriter): void {
  const { keyGroup, form } = readRecordHead(key);
  const writer = made.begin();
  writeRecordHead(writer, keyGroup, form as (typeof recordForms)[keyof typeof recordForms], stateIdOf(state.to));
  writer.raw(key.subarray(RECORD_HEAD_BYTES));
  if (stored === undefined) {
    made.endTombstone();
  } else {
    const keyBytes = writer.length;
    const reader = createReader(verifiedValue(key, stored));
    try {
      rewriteContent(state, form, reader, writer);
    } catch (error) {
      throw failed(error, state, key, migration.uid);
    }
    if (reader.remaining > 0) throw failed(new Error(`${reader.remaining} bytes are left over`), state, key, migration.uid);
    made.endPut(keyBytes);
  }
  if (state.windowTimers !== undefined && form !== recordForms.page) writeWindowTimers(key, stored !== undefined, state.windowTimers, made);
}

function copy(key: Uint8Array, stored: Uint8Array | undefined, made: RecordWriter): void {
  if (stored !== undefined) {
    made.copy(key, stored);
    return;
  }
  made.begin().raw(key);
  made.endTombstone();
}

function failed(error: unknown, { from, to }: RewrittenState, key: Uint8Array, uid: string): MillraceError {
  const name = from === to ? `"${to}"` : `"${to}" (was "${from}")`;
  return new MillraceError("STATE_MIGRATION", `a value of the state ${name} can't be migrated: ${messageOf(error)}`, {
    hint: "nothing was changed: mend migrate(from, value) of the state, or run the job as it was",
    cause: error,
    where: { uid, key: keyText(key) },
  });
}

function keyText(key: Uint8Array): string {
  return JSON.stringify(decodeKey(createReader(key, RECORD_HEAD_BYTES)), (_, part: unknown) => (typeof part === "bigint" ? `${part}` : part));
}
