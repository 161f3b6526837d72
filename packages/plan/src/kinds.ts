import type { NodeKind } from "./logical.ts";

/** What validation and drawings know of a kind of node. */
export interface KindTraits {
  /** State, timers or offsets live in it, so that it needs a uid of its own (law P3). */
  readonly stateful: boolean;
  /** As messages call it, with its article. */
  readonly noun: string;
}

/** Nodes whose records lie in windows: they have an assigner, a trigger and a lateness among their details. */
export function hasWindows(kind: NodeKind): boolean {
  return kind === "window" || kind === "windowJoin" || kind === "coGroup";
}

export const kindTraits: Readonly<Record<NodeKind, KindTraits>> = {
  source: { stateful: true, noun: "a source" },
  map: { stateful: false, noun: "a map" },
  filter: { stateful: false, noun: "a filter" },
  flatMap: { stateful: false, noun: "a flatMap" },
  process: { stateful: false, noun: "a process function" },
  keyedProcess: { stateful: true, noun: "a keyed process function" },
  coMap: { stateful: false, noun: "a map of two inputs" },
  coFlatMap: { stateful: false, noun: "a flatMap of two inputs" },
  coProcess: { stateful: true, noun: "a keyed process function of two inputs" },
  broadcastProcess: { stateful: true, noun: "a broadcast process function" },
  keyedBroadcastProcess: { stateful: true, noun: "a keyed broadcast process function" },
  reduce: { stateful: true, noun: "a keyed reduce" },
  window: { stateful: true, noun: "a window" },
  temporalJoin: { stateful: true, noun: "a temporal join" },
  windowJoin: { stateful: true, noun: "a window join" },
  coGroup: { stateful: true, noun: "a coGroup" },
  intervalJoin: { stateful: true, noun: "an interval join" },
  cep: { stateful: true, noun: "a pattern" },
  async: { stateful: true, noun: "an asynchronous function" },
  lookupJoin: { stateful: true, noun: "a lookup join" },
  watermarks: { stateful: true, noun: "a watermark assigner" },
  transform: { stateful: true, noun: "an operator of the job's own" },
  sink: { stateful: true, noun: "a sink" },
};
