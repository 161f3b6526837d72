import { assert, NO_TIMESTAMP } from "@millrace/core";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";
import { inferSchema } from "./infer.ts";
import type { RecordMover } from "./interpreted.ts";
import { readColumns } from "./layout.ts";
import { type Plan, planOf, readPlan } from "./plan.ts";
import { anySchema, bounds } from "./schema.ts";
import { WordColumn } from "./word-column.ts";

/**
 * Carries batches of records between tasks: column by column, by a schema that is inferred from the records and checked
 * for every field of every record. Exact for all values of law O6; others are refused with CODEC_TYPE by field path,
 * and the writer then holds a part of the batch. A batch can be read alone, by any BatchCodec. Fields keep their order.
 */
export interface BatchCodec {
  /** Writes the first `count` values and their timestamps; NO_TIMESTAMP is kept. */
  encode(values: readonly unknown[], timestamps: ArrayLike<number>, count: number, writer: ByteWriter): void;
  /** Reads one batch into new lists. */
  decode(reader: ByteReader): DecodedBatch;
}

/** Records and their timestamps, as parallel lists. */
export interface DecodedBatch {
  readonly values: unknown[];
  readonly timestamps: number[];
}

/** The schema is inferred anew after so many batches: odd records may have been few, and more records show more. */
const SCHEMA_BATCHES_MAX = 1024;

const WITHOUT_TIMESTAMPS = 0;
const WITH_TIMESTAMPS = 1;

class ColumnarCodec implements BatchCodec {
  #plan: Plan | undefined;
  #planRead: Plan | undefined;
  #batches = 0;
  readonly #written = new ColumnSets();
  readonly #read = new ColumnSets();
  readonly #timestamps = new FixedColumn((count) => new Float64Array(count));

  encode(values: readonly unknown[], timestamps: ArrayLike<number>, count: number, writer: ByteWriter): void {
    assert(count <= bounds.recordsMax && count <= values.length, "a batch of as many records as there are, and no more than fit");
    writer.varint(count);
    if (count === 0) return;
    this.#writeTimestamps(timestamps, count, writer);
    const [plan, columns] = this.#fill(values, count);
    writer.raw(plan.head);
    for (const column of columns) {
      column.write(writer);
      column.clear();
    }
  }

  /** Columns filled by the plan of the last batch, or by one that is wider. */
  #fill(values: readonly unknown[], count: number): readonly [Plan, readonly Column[]] {
    if (++this.#batches > SCHEMA_BATCHES_MAX) this.#plan = undefined;
    if (this.#plan !== undefined) {
      const columns = this.#written.of(this.#plan, count);
      const mover = this.#plan.mover();
      if (mover.fill(values, count, columns) || refill(mover, values, count, columns)) return [this.#plan, columns];
    }
    this.#batches = 0;
    for (const schema of [inferSchema(values, count, this.#plan?.schema), anySchema]) {
      const plan = planOf(schema);
      this.#plan = plan;
      const columns = this.#written.of(plan, count);
      if (plan.mover().fill(values, count, columns)) return [plan, columns];
    }
    assert(false, "a batch that fits no schema");
  }

  #writeTimestamps(timestamps: ArrayLike<number>, count: number, writer: ByteWriter): void {
    let unknown = 0;
    while (unknown < count && timestamps[unknown] === NO_TIMESTAMP) unknown++;
    writer.u8(unknown === count ? WITHOUT_TIMESTAMPS : WITH_TIMESTAMPS);
    if (unknown === count) return;
    const column = this.#timestamps;
    column.reserve(count);
    column.length = count;
    const { cells } = column;
    for (let index = 0; index < count; index++) cells[index] = timestamps[index] as number;
    column.write(writer);
  }

  decode(reader: ByteReader): DecodedBatch {
    const count = reader.varint();
    if (count > bounds.recordsMax) throw corrupt(`a batch of ${count} records`);
    if (count === 0) return { values: [], timestamps: [] };
    const timestamps = this.#readTimestamps(reader, count);
    const plan = readPlan(reader, this.#planRead);
    this.#planRead = plan;
    const columns = this.#read.of(plan, 0);
    readColumns(plan.layout, count, columns, reader);
    const values = plan.mover().build(columns, count);
    for (const column of columns) column.clear();
    return { values, timestamps };
  }

  #readTimestamps(reader: ByteReader, count: number): number[] {
    const mode = reader.u8();
    if (mode > WITH_TIMESTAMPS) throw corrupt(`a batch of the unknown form ${mode}`);
    const timestamps = new Array<number>(count);
    if (mode === WITHOUT_TIMESTAMPS) return timestamps.fill(NO_TIMESTAMP);
    this.#timestamps.read(reader, count);
    const { cells } = this.#timestamps;
    for (let index = 0; index < count; index++) timestamps[index] = cells[index] as number;
    return timestamps;
  }
}

/** Words of earlier batches may have left no room for those of this one, which may still be few. */
function refill(mover: RecordMover, values: readonly unknown[], count: number, columns: readonly Column[]): boolean {
  const full = columns.filter((column): column is WordColumn & Column => column instanceof WordColumn && column.full);
  if (full.length === 0) return false;
  for (const column of full) column.forget();
  return mover.fill(values, count, columns) && full.every(({ words }) => words.length * 2 <= count);
}

const COLUMN_SETS_MAX = 4;

/** The columns of the plans that were used last. */
class ColumnSets {
  readonly #sets = new Map<Plan, Column[]>();

  /** Columns of a plan with room for `count` values. */
  of(plan: Plan, count: number): readonly Column[] {
    let columns = this.#sets.get(plan);
    if (columns === undefined) {
      if (this.#sets.size >= COLUMN_SETS_MAX) this.#sets.clear();
      columns = plan.layout.createColumns();
      this.#sets.set(plan, columns);
    }
    if (count > 0) for (const column of columns) column.reserve(count);
    return columns;
  }
}

/** A codec for one sender or receiver; it remembers the last schema. */
export function createBatchCodec(): BatchCodec {
  return new ColumnarCodec();
}
