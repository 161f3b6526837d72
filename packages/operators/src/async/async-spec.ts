import type { Codec } from "@millrace/codec";
import type { AsyncFunction, Collector } from "@millrace/contracts";
import type { AsyncRetryStrategy } from "./retry.ts";

/** What an asynchronous operator does. */
export interface AsyncSpec {
  readonly fn: AsyncFunction<unknown, unknown>;
  /** Results come in the order of the records; else as they are ready, between the same watermarks. */
  readonly ordered: boolean;
  /** Records under way at a time; one more holds the task. */
  readonly capacity: number;
  /** From the first call for a record to its last result. */
  readonly timeoutMs: number;
  readonly retry: AsyncRetryStrategy<unknown> | undefined;
  /** Of the records, which are in the snapshot while they are under way. */
  readonly codec: Codec<unknown>;
  /** Makes of a record and its result what is emitted. Default: the result. */
  readonly finish?: (value: unknown, result: unknown, out: Collector<unknown>) => void;
}
