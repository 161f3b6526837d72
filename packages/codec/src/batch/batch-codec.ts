import { assert, NO_TIMESTAMP } from "@millrace/core";
import { corrupt, type ReusableReader } from "../reader.ts";
import type { GrowingWriter } from "../writer.ts";
import { inferSchema } from "./infer.ts";
import { type Plan, planOf, readPlan } from "./plan.ts";
import { anySchema, bounds, type Schema } from "./schema.ts";
import { beginTables, endTables, readTables, type Tables, writeTables } from "./tables.ts";

/**
 * Carries batches of records between tasks: rows by a schema that is inferred from the records and checked for every field of
 * every record, and tables with what has no fixed width. Exact for all values of law O6; others are refused with CODEC_TYPE by field
 * path, and the writer then holds a part of the batch. A batch can be read alone, by any BatchCodec. Fields keep their order.
 */
export interface BatchCodec {
  /** Writes the first `count` values and their timestamps; NO_TIMESTAMP is kept. */
  encode(values: readonly unknown[], timestamps: ArrayLike<number>, count: number, writer: GrowingWriter): void;
  /** Reads one batch into new lists. */
  decode(reader: ReusableReader): DecodedBatch;
}

/** Records and their timestamps, as parallel lists. */
export interface DecodedBatch {
  readonly values: unknown[];
  readonly timestamps: number[];
}

/** The schema is inferred anew after so many batches: odd records may have been few, and more records show more. */
const SCHEMA_BATCHES_MAX = 1024;

/** Of the length of the rows. */
const LENGTH_BYTES = 4;

const WITHOUT_TIMESTAMPS = 0;
const WITH_TIMESTAMPS = 1;

class RowCodec implements BatchCodec {
  #plan: Plan | undefined;
  #planRead: Plan | undefined;
  #batches = 0;
  readonly #written = new TableSets();
  readonly #read = new TableSets();

  encode(values: readonly unknown[], timestamps: ArrayLike<number>, count: number, writer: GrowingWriter): void {
    assert(count <= bounds.recordsMax && count <= values.length, "a batch of as many records as there are, and no more than fit");
    writer.varint(count);
    if (count === 0) return;
    writeTimestamps(timestamps, count, writer);
    if (++this.#batches > SCHEMA_BATCHES_MAX) this.#plan = undefined;
    if (this.#plan !== undefined && this.#write(this.#plan, values, count, writer)) return;
    this.#batches = 0;
    const written = this.#writeWider(inferSchema(values, count, this.#plan?.schema), values, count, writer);
    assert(written || this.#writeWider(anySchema, values, count, writer), "every batch fits the widest schema");
  }

  #writeWider(schema: Schema, values: readonly unknown[], count: number, writer: GrowingWriter): boolean {
    this.#plan = planOf(schema);
    return this.#write(this.#plan, values, count, writer);
  }

  /** The plan, the length of the rows in bytes (u32), the rows, the tables. False, and nothing was written: a record does not fit the plan. */
  #write(plan: Plan, values: readonly unknown[], count: number, writer: GrowingWriter): boolean {
    const start = writer.length;
    const tables = this.#written.of(plan);
    writer.raw(plan.head);
    const lengthAt = writer.room(LENGTH_BYTES + count * plan.layout.rowBytesMax);
    const { numbers } = writer;
    const at = lengthAt + LENGTH_BYTES;
    const end = writeRows(plan, values, count, tables, numbers, at);
    if (end < 0) {
      writer.truncate(start);
      return false;
    }
    numbers.setUint32(lengthAt, end - at, true);
    writer.advance(end - lengthAt);
    writeTables(tables, writer);
    endTables(tables);
    return true;
  }

  decode(reader: ReusableReader): DecodedBatch {
    const count = reader.varint();
    if (count > bounds.recordsMax) throw corrupt(`a batch of ${count} records`);
    if (count === 0) return { values: [], timestamps: [] };
    const timestamps = readTimestamps(reader, count);
    const plan = readPlan(reader, this.#planRead);
    this.#planRead = plan;
    const tables = this.#read.of(plan);
    const rowBytes = reader.u32();
    const at = reader.take(rowBytes);
    readTables(tables, reader);
    const values = readRows(plan, count, tables, reader.numbers, at, at + rowBytes);
    endTables(tables);
    return { values, timestamps };
  }
}

/** See RecordMover. */
function writeRows(plan: Plan, values: readonly unknown[], count: number, tables: Tables, numbers: DataView, at: number): number {
  const mover = plan.mover();
  beginTables(tables, count);
  const end = mover.write(values, count, tables, numbers, at);
  if (end >= 0) return end;
  const full = tables.words.filter((table) => table.full);
  if (full.length === 0) return end;
  // Words of earlier batches may have left no room for those of this one, which may still be few.
  for (const table of full) table.forget();
  beginTables(tables, count);
  const again = mover.write(values, count, tables, numbers, at);
  return full.every(({ words }) => words.length * 2 <= count) ? again : -1;
}

function readRows(plan: Plan, count: number, tables: Tables, numbers: DataView, at: number, end: number): unknown[] {
  try {
    return plan.mover().read(count, tables, numbers, at, end);
  } catch (error) {
    // Of damaged data: a row that goes past the memory.
    throw error instanceof RangeError ? corrupt("rows that end past it") : error;
  }
}

function writeTimestamps(timestamps: ArrayLike<number>, count: number, writer: GrowingWriter): void {
  let unknown = 0;
  while (unknown < count && timestamps[unknown] === NO_TIMESTAMP) unknown++;
  writer.u8(unknown === count ? WITHOUT_TIMESTAMPS : WITH_TIMESTAMPS);
  if (unknown === count) return;
  const at = writer.room(count * 8);
  const { numbers } = writer;
  for (let index = 0; index < count; index++) numbers.setFloat64(at + index * 8, timestamps[index] as number, true);
  writer.advance(count * 8);
}

function readTimestamps(reader: ReusableReader, count: number): number[] {
  const mode = reader.u8();
  if (mode > WITH_TIMESTAMPS) throw corrupt(`a batch of the unknown form ${mode}`);
  const timestamps = new Array<number>(count);
  if (mode === WITHOUT_TIMESTAMPS) return timestamps.fill(NO_TIMESTAMP);
  const at = reader.take(count * 8);
  const { numbers } = reader;
  for (let index = 0; index < count; index++) timestamps[index] = numbers.getFloat64(at + index * 8, true);
  return timestamps;
}

const TABLE_SETS_MAX = 4;

/** The tables of the plans that were used last. */
class TableSets {
  readonly #sets = new Map<Plan, Tables>();

  of(plan: Plan): Tables {
    const known = this.#sets.get(plan);
    if (known !== undefined) return known;
    if (this.#sets.size >= TABLE_SETS_MAX) this.#sets.clear();
    const tables = plan.layout.createTables();
    this.#sets.set(plan, tables);
    return tables;
  }
}

/** A codec for one sender or receiver; it remembers the last schema. */
export function createBatchCodec(): BatchCodec {
  return new RowCodec();
}
