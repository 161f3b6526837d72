import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batch, expectSame } from "../../test/batches.ts";
import { createReader } from "../reader.ts";
import { createWriter } from "../writer.ts";
import { generatedMover } from "./generated.ts";
import { inferSchema } from "./infer.ts";
import { interpretedMover, type RecordMover } from "./interpreted.ts";
import { layoutOf } from "./layout.ts";
import type { Schema } from "./schema.ts";
import { beginTables, readTables, writeTables } from "./tables.ts";

describe("generated and interpreted movers", () => {
  function carry(mover: RecordMover, schema: Schema, values: readonly unknown[]): { bytes: Uint8Array; values: unknown[] } {
    const layout = layoutOf(schema);
    const [sent, received] = [layout.createTables(), layout.createTables()];
    const writer = createWriter();
    const at = writer.room(values.length * layout.rowBytesMax);
    beginTables(sent, values.length);
    const end = mover.write(values, values.length, sent, writer.numbers, at);
    expect(end).toBeGreaterThanOrEqual(at);
    writer.advance(end - at);
    writeTables(sent, writer);
    const bytes = writer.slice();
    const reader = createReader(bytes);
    reader.skip(end - at);
    readTables(received, reader);
    expect(reader.remaining).toBe(0);
    return { bytes, values: mover.read(values.length, received, reader.numbers, 0, end - at) };
  }

  it("write the same bytes and make the same records", () => {
    fc.assert(
      fc.property(
        batch.filter((values) => values.length > 0),
        (values) => {
          const schema = inferSchema(values, values.length);
          const layout = layoutOf(schema);
          const [one, other] = [carry(interpretedMover(layout), schema, values), carry(generatedMover(layout), schema, values)];
          expect(one.bytes).toEqual(other.bytes);
          expectSame(one.values, values);
          expectSame(other.values, values);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("agree on which batches fit a schema of other records", () => {
    fc.assert(
      fc.property(batch, batch, (known, values) => {
        if (known.length === 0) return;
        const layout = layoutOf(inferSchema(known, known.length));
        const fits = [interpretedMover(layout), generatedMover(layout)].map((mover) => {
          const [tables, writer] = [layout.createTables(), createWriter()];
          beginTables(tables, values.length);
          const at = writer.room(values.length * layout.rowBytesMax);
          return mover.write(values, values.length, tables, writer.numbers, at) >= at;
        });
        expect(fits[0]).toBe(fits[1]);
      }),
    );
  });
});
