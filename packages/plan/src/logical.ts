import type { Json } from "@millrace/core";

/** The kinds of nodes. A new one fails to compile until every `Record<NodeKind, …>` handles it. */
export type NodeKind =
  | "source"
  | "map"
  | "filter"
  | "flatMap"
  | "process"
  | "keyedProcess"
  | "coMap"
  | "coFlatMap"
  | "coProcess"
  | "broadcastProcess"
  | "keyedBroadcastProcess"
  | "reduce"
  | "window"
  | "cep"
  | "intervalJoin"
  | "temporalJoin"
  | "windowJoin"
  | "coGroup"
  | "async"
  | "lookupJoin"
  | "watermarks"
  | "transform"
  | "sink";

/**
 * How records travel along an edge. `forward`: to the same subtask; `hash`: by key group; `rebalance`: in turn; `rescale`:
 * in turn among the subtasks near the sender's; `shuffle`: at random; `broadcast`: each to all; `global`: all to subtask 0;
 * `custom`: as the user's partitioner says.
 */
export type Exchange = "forward" | "hash" | "rebalance" | "rescale" | "shuffle" | "broadcast" | "global" | "custom";

/** A job as frozen, serializable data (law P1). Nodes are in topological order; `id` is the index. */
export interface LogicalPlan {
  readonly formatVersion: 1;
  readonly jobName: string;
  /** Parameters of the job as given (secrets never stand here). */
  readonly parameters: { readonly [name: string]: Json };
  readonly nodes: readonly PlanNode[];
}

export interface PlanNode {
  readonly id: number;
  readonly kind: NodeKind;
  /** Identity of the node's state. Given by the user for stateful nodes; derived from kind and upstream uids otherwise. */
  readonly uid: string;
  readonly uidDerived: boolean;
  /** For people; the uid unless given. */
  readonly name: string;
  /** Uids that the node has in snapshots of older versions of the job. */
  readonly uidAliases?: readonly string[];
  /** Edges in; several edges with the same `input` are a union. */
  readonly inputs: readonly PlanEdge[];
  readonly states: readonly PlannedState[];
  /** Maps that every subtask holds a copy of. */
  readonly broadcastStates?: readonly PlannedState[];
  readonly timers: readonly TimeDomain[];
  readonly sideOutputs: readonly string[];
  /** What the kind needs to know or to show: assigner, trigger, lateness, connector options. */
  readonly details: { readonly [name: string]: Json };
  /** Fixed number of subtasks; absent: the job's. */
  readonly parallelism?: number;
  /** Number of key groups of its state, and the most subtasks that it may have; absent: the job's. */
  readonly maxParallelism?: number;
  /** `head`: it begins a chain; `never`: it is a task by itself. Absent: it joins its upstream where it can. */
  readonly chaining?: "head" | "never";
}

export type TimeDomain = "event" | "processing";

export interface PlanEdge {
  readonly from: number;
  /** Side output of `from`, or "" for its main output. */
  readonly output: string;
  /** 0, or 1 for the second input of a connected pair. */
  readonly input: 0 | 1;
  readonly exchange: Exchange;
}

export interface PlannedState {
  readonly name: string;
  readonly kind: "value" | "list" | "map" | "reducing" | "aggregating";
  /** Type and fingerprint of the value (element, accumulator) codec. */
  readonly type: Json;
  readonly fingerprint: string;
  /** Of a map's keys. */
  readonly keyType?: Json;
  readonly ttlMs?: number;
  /** Names that it has in snapshots of older versions of the job. */
  readonly aliases?: readonly string[];
  /** The declaration has a `migrate` function. */
  readonly migrates?: true;
}
