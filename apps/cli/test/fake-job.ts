import type { JobEvent, JobHandle, JobResult, JobStatus, SavepointInfo } from "@millrace/host";
import type { LogicalPlan } from "@millrace/plan";
import { status } from "./snapshots.ts";

export const plan: LogicalPlan = {
  formatVersion: 1,
  jobName: "airport-delays",
  parameters: {},
  nodes: [
    node(0, "source", "flights", { connector: "files", replayable: true }),
    {
      ...node(1, "sink", "out", { connector: "files", guarantee: "exactly-once" }),
      inputs: [{ from: 0, output: "", input: 0, exchange: "forward" }],
    },
  ],
};

function node(id: number, kind: "source" | "sink", uid: string, details: LogicalPlan["nodes"][number]["details"]): LogicalPlan["nodes"][number] {
  return { id, kind, uid, uidDerived: false, name: uid, inputs: [], states: [], timers: [], sideOutputs: [], details };
}

/** A job that ends when a test says so. */
export class FakeJob implements JobHandle {
  readonly name = "airport-delays";
  readonly runId = "4f21c09a";
  readonly restoredFrom = undefined;
  readonly stateDirectory = "state";
  readonly resumedFrom: number | undefined;
  readonly finished: Promise<JobResult>;
  readonly calls: string[] = [];
  current: JobStatus = status();
  /** What came before anybody listened; told to the first who does. */
  readonly early: JobEvent[] = [];
  #finish: (result: JobResult) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  readonly #listeners = new Set<(event: JobEvent) => void>();

  constructor(resumedFrom?: number) {
    this.resumedFrom = resumedFrom;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.finished.catch(() => undefined);
  }

  status(): JobStatus {
    return this.current;
  }
  rescale(): Promise<never> {
    throw new Error("a fake job has one parallelism");
  }

  savepoint(): Promise<SavepointInfo> {
    throw new Error("a fake job takes no savepoints");
  }
  stop(): Promise<JobResult> {
    this.calls.push("stop");
    return this.finished;
  }
  cancel(): Promise<JobResult> {
    this.calls.push("cancel");
    return this.finished;
  }
  on(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const event of this.early.splice(0)) listener(event);
    return () => this.#listeners.delete(listener);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  emit(event: JobEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
  end(end: JobResult["end"], checkpointId?: number): void {
    this.current = { ...this.current, state: end };
    const { operators, restarts } = this.current;
    this.#finish({ end, runId: this.runId, durationMs: 72_000, restarts, operators, ...(checkpointId !== undefined && { checkpointId }) });
  }
  fail(error: unknown): void {
    this.current = { ...this.current, state: "failed" };
    this.#fail(error);
  }
}
