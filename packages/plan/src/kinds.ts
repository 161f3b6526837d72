import type { NodeKind } from "./logical.ts";

/** What validation and drawings know of a kind of node. */
export interface KindTraits {
  /** State, timers or offsets live in it, so that it needs a uid of its own (law P3). */
  readonly stateful: boolean;
  /** As messages call it, with its article. */
  readonly noun: string;
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
  reduce: { stateful: true, noun: "a keyed reduce" },
  window: { stateful: true, noun: "a window" },
  intervalJoin: { stateful: true, noun: "an interval join" },
  cep: { stateful: true, noun: "a pattern" },
  watermarks: { stateful: true, noun: "a watermark assigner" },
  sink: { stateful: true, noun: "a sink" },
};
