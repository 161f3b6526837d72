import type { CheckpointManifest, SinkContext } from "@millrace/contracts";
import { sinkContext } from "../deployment/task-settings.ts";
import { Committers } from "./committers.ts";
import { Patience } from "./patience.ts";
import type { RunSettings } from "./settings.ts";

/** The sinks of a run, as all of its attempts share them: their targets, and what publishes their output. */
export class RunSinks {
  readonly committers: Committers;
  readonly #settings: RunSettings;
  readonly #patience: Patience;
  readonly #warn: (warning: unknown) => void;

  constructor(settings: RunSettings, warn: (warning: unknown) => void) {
    this.#settings = settings;
    this.#warn = warn;
    this.#patience = new Patience(settings.ports.scheduler, warn);
    const contextOf = (uid: string, subtask: number, parallelism: number): SinkContext => this.#context(uid, subtask, parallelism);
    this.committers = new Committers(settings.graph, { contextOf, acceptLoss: settings.acceptLoss, warn });
  }

  /** Looks at the targets of a run that has not written anything. Throws what a sink throws that can't write to its own. */
  async prepare(): Promise<void> {
    for (const node of this.#settings.graph.plan.nodes) {
      const body = this.#settings.graph.bodies[node.id];
      if (body?.kind === "sink") await body.sink.prepareRun?.(this.#context(node.uid, 0, 1));
    }
  }

  /** Publishes what the checkpoint holds. Rejects with JOB_STUCK when that takes too long for a run that is to end. */
  commit(manifest: CheckpointManifest): Promise<void> {
    return this.#patience.wait(`the commit of checkpoint ${manifest.checkpointId}`, this.committers.commit(manifest));
  }

  /** The run is to end: what never ends is not waited for any more. */
  limit(): void {
    this.#patience.limit();
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.limit();
    await this.#patience.wait("the close of the sinks", this.committers.close()).catch(this.#warn);
  }

  #context(uid: string, subtask: number, parallelism: number): SinkContext {
    return sinkContext(this.#settings, this.#settings.resumed, { uid, subtask, parallelism });
  }
}
