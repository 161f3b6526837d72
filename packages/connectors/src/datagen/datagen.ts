import type { Source } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { FixedSplitEnumerator } from "../splits/fixed-enumerator.ts";
import { IndexedReader, type IndexedRecords, type IndexedSplit } from "../splits/indexed-reader.ts";

export interface DatagenOptions<T> {
  /** The n-th record, n from 0. It must depend on n alone, or a replay gives other records. */
  readonly generate: (index: number) => T;
  /** How many records in all; without it the source never ends. */
  readonly count?: number;
  /** Records in a second over all subtasks; without it as many as are taken. */
  readonly ratePerSecond?: number;
  readonly timestampOf?: (value: T) => number;
}

/**
 * Makes records from a function of their number. Of `p` splits (the parallelism of the first start) split i makes the
 * numbers i, i + p, i + 2p, …, each in order; with a rate every split has the p-th part of it.
 */
export function datagen<T>(options: DatagenOptions<T>): Source<T, IndexedSplit> {
  const { generate, count, ratePerSecond, timestampOf } = options;
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0)) throw refused("count must be a whole number, 0 or more", count);
  if (ratePerSecond !== undefined && !(ratePerSecond > 0 && ratePerSecond < Number.POSITIVE_INFINITY)) {
    throw refused("ratePerSecond must be above 0", ratePerSecond);
  }
  const records: IndexedRecords<T> = { name: "datagen", recordAt: generate, timestampOf, ratePerSecond };
  return {
    name: "datagen",
    boundedness: count === undefined ? "unbounded" : "bounded",
    replayable: true,
    description: { count: count ?? null, ratePerSecond: ratePerSecond ?? null },
    createEnumerator: (context, restored) => new FixedSplitEnumerator(context, () => splitsFor(context.parallelism, count), restored),
    createReader: (context) => new IndexedReader(context, records),
  };
}

function splitsFor(parallelism: number, count: number | undefined): IndexedSplit[] {
  return Array.from({ length: parallelism }, (_, first) => ({ id: `datagen-${first}`, next: first, step: parallelism, end: count ?? null }));
}

function refused(rule: string, value: number): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `datagen: ${rule}, not ${value}`, { hint: "see DatagenOptions" });
}
