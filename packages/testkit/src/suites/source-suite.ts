import type { Source, SourceSplit } from "@millrace/contracts";
import type { Ports } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { SourceDriver, type SourceRecord } from "../drivers/source-driver.ts";

/** A bounded, replayable source over an input that stays the same. Keep it to some dozens of records: every position is tried. */
export interface SourceCase<T, Split extends SourceSplit> {
  readonly source: Source<T, Split>;
  readonly ports: Ports;
  /** All its records, in any order. */
  readonly expected: readonly T[];
}

/** The contract of sources. `make` is called for each test; what it leaves behind is its own matter. */
export function sourceSuite<T, Split extends SourceSplit>(name: string, make: () => Promise<SourceCase<T, Split>>): void {
  describe(`${name} keeps the contract of sources`, () => {
    for (const limit of [1, 3, 256]) {
      test(`it gives all records with polls of ${limit}`, async () => {
        const { source, ports, expected } = await make();
        const records = await readAll(source, ports, limit);
        expect(valuesOf(records)).toEqual(sorted(expected));
      });
    }

    test("it gives all records when requests for splits are answered at once", async () => {
      const { source, ports, expected } = await make();
      const driver = await SourceDriver.open(source, { ports, parallelism: 2, atOnce: true });
      const records = await driver.drain();
      await driver.close();
      expect(valuesOf(records)).toEqual(sorted(expected));
    });

    test("the order within a split does not depend on limits and stops", async () => {
      const { source, ports } = await make();
      const whole = bySplit(await readAll(source, ports, 256));
      expect(bySplit(await readAll(source, ports, 1))).toEqual(whole);
      expect(bySplit(await readAll(source, ports, 256, 1))).toEqual(whole);
      expect(bySplit(await readAll(source, ports, 5, 2))).toEqual(whole);
    });

    for (const [before, after] of [
      [1, 1],
      [2, 2],
      [3, 1],
      [1, 3],
    ] as const) {
      test(`a checkpoint at any position at parallelism ${before} goes on exactly there at parallelism ${after}`, async () => {
        const { source, ports, expected } = await make();
        for (let position = 0; position <= expected.length; position++) {
          const first = await SourceDriver.open(source, { ports, parallelism: before });
          await first.take(position, 1 + (position % 7));
          const restored = first.checkpoint();
          await first.close();
          const second = await SourceDriver.open(source, { ports, parallelism: after, restored });
          await second.drain();
          await second.close();
          expect(valuesOf([...first.records, ...second.records]), `resumed after ${position} records`).toEqual(sorted(expected));
        }
      });
    }

    test("a checkpoint of a restored source that read nothing is worth the same", async () => {
      const { source, ports, expected } = await make();
      const first = await SourceDriver.open(source, { ports });
      await first.take(expected.length >> 1);
      const between = await SourceDriver.open(source, { ports, restored: first.checkpoint() });
      const last = await SourceDriver.open(source, { ports, restored: between.checkpoint() });
      await last.drain();
      expect(valuesOf([...first.records, ...last.records])).toEqual(sorted(expected));
      for (const driver of [first, between, last]) await driver.close();
    });

    test("what is read after a checkpoint does not change it", async () => {
      const { source, ports, expected } = await make();
      const first = await SourceDriver.open(source, { ports });
      await first.take(1);
      const restored = first.checkpoint();
      await first.drain();
      await first.close();
      const second = await SourceDriver.open(source, { ports, restored });
      await second.drain();
      await second.close();
      expect(valuesOf([...first.records.slice(0, 1), ...second.records])).toEqual(sorted(expected));
    });

    test("a record handed over has a position", async () => {
      const { source, ports } = await make();
      const driver = await SourceDriver.open(source, { ports });
      await driver.take(1);
      expect(driver.position()).toMatch(/./);
      await driver.close();
    });

    test("its description survives JSON", async () => {
      const { source } = await make();
      expect(JSON.parse(JSON.stringify(source.description))).toEqual(source.description);
    });
  });
}

async function readAll<T, Split extends SourceSplit>(
  source: Source<T, Split>,
  ports: Ports,
  limit: number,
  stopAfter?: number,
): Promise<readonly SourceRecord<T>[]> {
  const driver = await SourceDriver.open(source, { ports });
  const records = await driver.drain(limit, stopAfter);
  await driver.close();
  return records;
}

function bySplit<T>(records: readonly SourceRecord<T>[]): Record<string, readonly SourceRecord<T>[]> {
  return Object.groupBy(records, (record) => record.splitId) as Record<string, readonly SourceRecord<T>[]>;
}

function valuesOf<T>(records: readonly SourceRecord<T>[]): readonly string[] {
  return sorted(records.map((record) => record.value));
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}
