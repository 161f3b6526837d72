import type { Source } from "@millrace/contracts";
import { FixedSplitEnumerator } from "../splits/fixed-enumerator.ts";
import { IndexedReader, type IndexedRecords, type IndexedSplit } from "../splits/indexed-reader.ts";

export interface CollectionOptions<T> {
  /** The timestamp of a value, in milliseconds; without it records have none until a watermark strategy gives them one. */
  readonly timestampOf?: (value: T) => number;
}

/**
 * A bounded source of the values of an array, in order, read by one subtask. Its position is the index, so it replays
 * exactly; the array must be the same in every start of the job.
 */
export function collection<T>(values: readonly T[], options: CollectionOptions<T> = {}): Source<T, IndexedSplit> {
  const records: IndexedRecords<T> = {
    name: "collection",
    recordAt: (index) => values[index] as T,
    timestampOf: options.timestampOf,
    ratePerSecond: undefined,
  };
  return {
    name: "collection",
    boundedness: "bounded",
    replayable: true,
    description: { values: values.length },
    createEnumerator: (context, restored) =>
      new FixedSplitEnumerator(context, () => [{ id: "collection", next: 0, step: 1, end: values.length }], restored),
    createReader: (context) => new IndexedReader(context, records),
  };
}
