import { assert, NO_TIMESTAMP } from "@millrace/core";
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { corrupt } from "../reader.ts";
import { type Column, FixedColumn } from "./fixed-column.ts";
import { inferSchema } from "./infer.ts";
import { readColumns } from "./layout.ts";
import { type Plan, planOf, readPlan } from "./plan.ts";
import { anySchema, bounds } from "./schema.ts";

/**
 * Carries batches of records between tasks: column by column, by a schema that is inferred from the records and checked
 * for every field of every record. Exact for all values of law O6; others are refused with CODEC_TYPE by field path,
 * and the writer then holds a part of the batch. A batch can be read alone, by any BatchCodec. Fields keep their order.
 */
export interface BatchCodec {
  /** Writes the first `count` values and their timestamps; NO_TIMESTAMP is kept. */
  encode(values: readonly unknown[], timestamps: ArrayLike<number>, count: number, writer: ByteWriter): void;
  /** Reads one batch into the two lists, which then have its length; returns that length. */
  decode(reader: ByteReader, into: { readonly values: unknown[]; readonly timestamps: number[] }): number;
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
      if (this.#plan.mover().fill(values, count, columns)) return [this.#plan, columns];
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

  decode(reader: ByteReader, into: { readonly values: unknown[]; readonly timestamps: number[] }): number {
    const count = reader.varint();
    if (count > bounds.recordsMax) throw corrupt(`a batch of ${count} records`);
    into.values.length = count;
    into.timestamps.length = count;
    if (count === 0) return 0;
    this.#readTimestamps(reader, count, into.timestamps);
    const plan = readPlan(reader, this.#planRead);
    this.#planRead = plan;
    const columns = this.#read.of(plan, 0);
    readColumns(plan.layout, count, columns, reader);
    plan.mover().build(columns, count, into.values);
    for (const column of columns) column.clear();
    return count;
  }

  #readTimestamps(reader: ByteReader, count: number, into: number[]): void {
    const mode = reader.u8();
    if (mode > WITH_TIMESTAMPS) throw corrupt(`a batch of the unknown form ${mode}`);
    if (mode === WITHOUT_TIMESTAMPS) {
      into.fill(NO_TIMESTAMP);
      return;
    }
    this.#timestamps.read(reader, count);
    const { cells } = this.#timestamps;
    for (let index = 0; index < count; index++) into[index] = cells[index] as number;
  }
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
