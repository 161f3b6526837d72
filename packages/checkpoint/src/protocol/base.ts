import { assert } from "@millrace/core";

/** Deltas on top of one base before a new base is written, however small they are. Empty deltas need no file and do not count. */
export const DELTAS_MAX = 128;

/** The files of one subtask's keyed state in the newest checkpoint. */
export interface ChainFacts {
  /** undefined: there is no base yet. */
  readonly baseBytes: number | undefined;
  readonly deltaBytes: number;
  readonly deltaCount: number;
}

/**
 * Whether the next checkpoint writes the state anew or only what changed. A new base comes when the deltas outgrow the
 * base: it is at most base and deltas together, so bases cost at most twice what the deltas cost, and a restore reads at
 * most twice the base and one delta.
 */
export function decideBase({ baseBytes, deltaBytes, deltaCount }: ChainFacts): "base" | "delta" {
  assert(deltaCount >= 0 && deltaBytes >= 0, `a chain of ${deltaCount} deltas with ${deltaBytes} bytes`);
  if (baseBytes === undefined) return "base";
  return deltaBytes > baseBytes || deltaCount >= DELTAS_MAX ? "base" : "delta";
}
