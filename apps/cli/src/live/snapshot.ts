import type { JobStatus } from "@millrace/host";
import type { OperatorRates } from "./rates.ts";

/** Everything that one frame of the live view shows, as data. */
export interface LiveSnapshot {
  readonly status: JobStatus;
  /** By uid; missing before there are any. */
  readonly rates: ReadonlyMap<string, OperatorRates>;
  readonly resumedFrom: number | undefined;
  /** The newest last. */
  readonly notices: readonly Notice[];
  /** What the keys do now; "": nothing. */
  readonly footer: string;
}

export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly text: string;
}
