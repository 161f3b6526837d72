/** How a side goes on from what it has built: at a steady rate, as a service runs. */
export interface Resumption {
  readonly ratePerSecond: number;
  readonly checkpointMs: number;
}

/** A completed checkpoint: what it wrote, and how long it took from its trigger on. */
export interface SeenCheckpoint {
  readonly bytes: number;
  readonly durationMs: number;
}

export interface ResumedSide {
  /** From the start of the process to the first new record behind the keyed function. */
  readonly firstOutputMs: Promise<number>;
  /** Rejects when it dies of itself. */
  readonly died: Promise<never>;
  /** Completed so far, the newest last. */
  readonly checkpoints: readonly SeenCheckpoint[];
  /** With SIGKILL; nothing is left of it afterwards. */
  kill(): Promise<void>;
}

/** An engine with one keyed count, whose state is as big as wanted, in processes of its own. */
export interface StateSide {
  readonly name: string;
  /** Until every key has been seen and a checkpoint has come after that; then SIGKILL. `directory` does not exist yet. */
  build(directory: string): Promise<void>;
  /** Goes on from what was built there, which stays as it is. */
  resume(directory: string, how: Resumption): Promise<ResumedSide>;
}

/** Of the state: as many keys with values of so many bytes, and memory for the process. */
export interface StateSize {
  readonly keys: number;
  readonly valueBytes: number;
  readonly memoryMb: number;
}
