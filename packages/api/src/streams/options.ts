/** What may be said of any node. */
export interface NodeOptions {
  /** Identity of the node; a stateless one derives its own from what stands before it. */
  readonly uid?: string | undefined;
  /** For people, in drawings and the live view. Default: the uid. */
  readonly name?: string | undefined;
  /** A fixed number of subtasks. Default: the job's. */
  readonly parallelism?: number | undefined;
  /**
   * The most subtasks that it may ever have, and the number of its key groups (Flink's setMaxParallelism): fixed for the life of its
   * state. Default: the job's.
   */
  readonly maxParallelism?: number | undefined;
  /** The node begins a chain: records come to it through a queue, not by a call. */
  readonly startNewChain?: boolean | undefined;
  /** The node is a task by itself: neither what is before it nor what is behind it joins its chain. */
  readonly disableChaining?: boolean | undefined;
}

/** State, timers and offsets are found again by the uid after a restore or an upgrade, so these nodes need one (law P3). */
export interface StatefulNodeOptions extends NodeOptions {
  readonly uid: string;
  /** Uids that the node had in older versions of the job: a restore finds its state under them, too. */
  readonly uidAliases?: readonly string[] | undefined;
}
