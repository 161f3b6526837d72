import type { TypeDescription } from "@millrace/codec";
import type { LogicalPlan, NodeKind } from "../logical.ts";

/** What a snapshot is compared by: its manifest, without the data. */
export interface SnapshotFacts {
  readonly plan: LogicalPlan;
  readonly maxParallelism: number;
  /** By uid; a node that is absent holds nothing. */
  readonly held: ReadonlyMap<string, HeldParts>;
}

/** What a snapshot holds of one node. */
export interface HeldParts {
  /** Records of keyed state or timers. */
  readonly keyed: boolean;
  /** As `keyKind`, when the header of a data file says it. */
  readonly keyKind?: string | undefined;
  /** Splits of a source. */
  readonly positions: boolean;
  /** Output of a sink that is not known to be published, or what its writers need to go on. */
  readonly output: boolean;
  /** Items of Operator.snapshotState. */
  readonly operatorState: boolean;
  /** Records on their way to it, which an unaligned checkpoint overtook. */
  readonly inFlight: boolean;
}

export interface JobFacts {
  readonly plan: LogicalPlan;
  readonly maxParallelism: number;
}

export interface RestoreOptions {
  /** Uids whose state may be dropped where it has no place in the job, by their names in the job or in the snapshot. */
  readonly allowDrop?: readonly string[] | undefined;
}

/**
 * `matched`: taken over as it is. `migrated`: taken over under another name or in another form. `new`: begins empty.
 * `dropped`: left out. `refused`: has no place, and nothing may be restored.
 */
export type RestoreOutcome = "matched" | "migrated" | "new" | "dropped" | "refused";

/** What becomes of a snapshot in a job, as data. A restore does exactly this, and nothing when there are problems. */
export interface RestorePlan {
  /** Nodes with state, in the job's order; behind them those that are not in the job. */
  readonly operators: readonly OperatorRestore[];
  /** Empty: the snapshot can be restored. */
  readonly problems: readonly RestoreProblem[];
}

export interface OperatorRestore {
  /** In the job; of a node that is not in it, in the snapshot. */
  readonly uid: string;
  /** In the snapshot; absent: the node is new. */
  readonly from?: string;
  readonly kind: NodeKind;
  readonly outcome: RestoreOutcome;
  /** Why, where the outcome does not say it. */
  readonly reason?: string;
  readonly parts: readonly PartRestore[];
}

/** What a node's state is made of. */
export type PartKind = "state" | "broadcastState" | "timers" | "positions" | "output" | "operatorState" | "inFlight";

export interface PartRestore {
  readonly part: PartKind;
  /** Of a state, keyed or broadcast; else the part in words. */
  readonly name: string;
  /** A state's name in the snapshot, where it is another. */
  readonly from?: string;
  readonly outcome: RestoreOutcome;
  /** What is other than in the snapshot, e.g. `count: integer → number`. */
  readonly changes: readonly string[];
  readonly reason?: string;
  /** Windows that fired whole get timers of their own. */
  readonly windowTimers?: WindowTimers;
  /** The allowed lateness is another: windows end at another time. */
  readonly movedEnds?: MovedEnds;
  /** Records that an asynchronous function was called with are of another type. */
  readonly recordTypes?: RecordTypes;
}

export interface WindowTimers {
  readonly sizeMs: number;
  /** A timer for each: so long after the window's last millisecond. */
  readonly afterEndMs: readonly number[];
}

export interface MovedEnds {
  /** Of aligned windows, whose namespace is their start; absent: the namespace is `start,end`. */
  readonly sizeMs?: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface RecordTypes {
  readonly written: TypeDescription;
  readonly reader: TypeDescription;
}

export interface RestoreProblem {
  readonly uid?: string;
  /** Of a state. */
  readonly state?: string;
  readonly reason: string;
  readonly hint: string;
}
