import type { Cancel } from "@millrace/core";
import type { InFlightRecord } from "./stored-element.ts";

/** What is emitted for a record: its result, or what the timeout handler made of it. */
export type Outcome = { readonly kind: "result"; readonly value: unknown } | { readonly kind: "timeout" };

/** A record under way. */
export interface Entry extends InFlightRecord {
  attempt: number;
  outcome: Outcome | undefined;
  cancelTimeout: Cancel | undefined;
  cancelRetry: Cancel | undefined;
  abort: AbortController | undefined;
}

export function newEntry(record: InFlightRecord): Entry {
  return { ...record, attempt: 0, outcome: undefined, cancelTimeout: undefined, cancelRetry: undefined, abort: undefined };
}

/** Nobody waits for the call any more. */
export function abandon(entry: Entry): void {
  entry.cancelTimeout?.();
  entry.cancelRetry?.();
  entry.abort?.abort();
}
