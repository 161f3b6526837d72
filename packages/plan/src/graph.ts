import type { BroadcastStates, Key, Operator, Sink, Source, StateDeclarations, WatermarkStrategy } from "@millrace/contracts";
import type { LogicalPlan } from "./logical.ts";

/** A plan and, beside it, the functions that its nodes run. Only the plan is compared, stored and drawn. */
export interface JobGraph {
  readonly plan: LogicalPlan;
  /** By node id. */
  readonly bodies: readonly NodeBody[];
  /** By node id and input: where records of a custom exchange go. */
  readonly partitioners?: readonly (readonly (Partitioner | undefined)[] | undefined)[];
  /** By node id. For messages only. */
  readonly callSites?: readonly (CallSite | undefined)[];
}

/** Tells the user's line that made a node, e.g. `job.ts:14:6`, where it is known. */
export type CallSite = () => string | undefined;

/** The subtask, from 0, of `partitions` that a record goes to. */
export type Partitioner = (value: unknown, partitions: number) => number;

/**
 * What a node runs. Values are `unknown` here: the fluent API has checked the types, the runtime only passes records on.
 * `keySelectors[i]` is the key of records on input i; present when the node's edges are hashed.
 */
export type NodeBody = SourceBody | MapBody | FilterBody | FlatMapBody | OperatorBody | SinkBody;

export interface SourceBody {
  readonly kind: "source";
  readonly source: Source<unknown>;
  readonly watermarks: WatermarkStrategy<unknown> | undefined;
}
export interface MapBody {
  readonly kind: "map";
  readonly fn: (value: unknown) => unknown;
}
export interface FilterBody {
  readonly kind: "filter";
  readonly fn: (value: unknown) => boolean;
}
export interface FlatMapBody {
  readonly kind: "flatMap";
  readonly fn: (value: unknown) => Iterable<unknown>;
}
export interface OperatorBody {
  readonly kind: "operator";
  readonly keySelectors: readonly ((value: unknown) => Key)[];
  /** "none": the keys only deal records out, and the operator has neither keyed state nor timers. Default "own". */
  readonly keyedState?: "own" | "none";
  /** What stands in the plan as `states`, by the same names, with codecs and functions. */
  readonly states?: StateDeclarations;
  /** Likewise, of `broadcastStates`. */
  readonly broadcastStates?: BroadcastStates;
  /** A new operator for each subtask and each attempt. */
  readonly create: () => Operator<unknown, unknown, unknown>;
}
export interface SinkBody {
  readonly kind: "sink";
  readonly sink: Sink<unknown>;
}
