import type { HeldCheckpoint, JobEvent, JobHandle, JobResult, JobStatus, SavepointInfo, StopOptions } from "../src/job-handle.ts";

export const runningStatus: JobStatus = {
  state: "running",
  name: "delays",
  runId: "4f21c09a",
  startedAtMs: 1_700_000_000_000,
  nowMs: 1_700_000_090_500,
  parallelism: 2,
  restarts: 1,
  operators: [
    {
      uid: "flights",
      name: "flights",
      kind: "source",
      subtasks: 2,
      recordsIn: 0,
      recordsOut: 5_000,
      lateDropped: 0,
      lateSide: 0,
      skipped: 3,
      watermark: 1_000_000_500,
      busyMs: 1_500,
      backPressuredMs: 250,
      idleMs: 0,
    },
    {
      uid: 'odd "uid"',
      name: "window",
      kind: "window",
      subtasks: 2,
      recordsIn: 5_000,
      recordsOut: 12,
      lateDropped: 7,
      lateSide: 2,
      watermark: Number.NEGATIVE_INFINITY,
      busyMs: 100,
      backPressuredMs: 0,
      idleMs: 900,
    },
  ],
  checkpoint: { lastId: 8, lastCompletedAtMs: 1_700_000_080_000, lastDurationMs: 45, lastBytes: 2_048, failures: 0 },
};

const result: JobResult = {
  end: "cancelled",
  runId: "4f21c09a",
  checkpointId: 8,
  durationMs: 90_500,
  restarts: 1,
  operators: runningStatus.operators,
};

/** A job that runs until it is told to end. */
export class FakeHandle implements JobHandle {
  readonly name = "delays";
  readonly runId = "4f21c09a";
  readonly resumedFrom = 5;
  readonly restoredFrom = undefined;
  readonly stateDirectory = "state/delays";
  readonly calls: string[] = [];
  readonly finished: Promise<JobResult>;
  current: JobStatus = runningStatus;
  /** What ending the job comes to. */
  ending: () => Promise<JobResult> = async () => result;
  /** Checkpoints that are held. */
  held = 0;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  #settle: (ended: Promise<JobResult>) => void = () => undefined;

  constructor() {
    this.finished = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.finished.catch(() => undefined);
  }

  status(): JobStatus {
    return this.current;
  }
  async savepoint(path = "state/delays/savepoints/sp-9"): Promise<SavepointInfo> {
    this.calls.push(`savepoint ${path}`);
    return { path, checkpointId: 9, bytes: 100, durationMs: 12 };
  }
  async rescale(parallelism: number): Promise<{ checkpointId: number; from: number; to: number; pauseMs: number }> {
    this.calls.push(`rescale ${parallelism}`);
    return { checkpointId: 9, from: 1, to: parallelism, pauseMs: 120 };
  }

  holdCheckpoint(): HeldCheckpoint {
    this.held++;
    return { checkpointId: 8, path: "state/delays/checkpoints/chk-000008.json", release: () => this.held-- };
  }
  stop({ savepoint = false, drain = false }: StopOptions = {}): Promise<JobResult> {
    if (savepoint !== false) {
      const path = savepoint === true ? "sp-9" : savepoint;
      const info = { path, checkpointId: 9, bytes: 100, durationMs: 12 };
      return this.#end(`stop ${path}${drain ? " drained" : ""}`, { ...result, end: "savepoint", savepoint: info });
    }
    return this.#end("stop", { ...result, end: "stopped" });
  }
  cancel(): Promise<JobResult> {
    return this.#end("cancel", result);
  }
  on(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(call: string, ended: JobResult): Promise<JobResult> {
    this.calls.push(call);
    const settled = this.ending().then(() => ended);
    this.#settle(settled);
    return settled;
  }
}
