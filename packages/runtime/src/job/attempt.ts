import type { CheckpointManifest } from "@millrace/contracts";
import type { Json } from "@millrace/core";
import { type PhysicalPlan, toPhysical } from "@millrace/plan";
import type { Deployment, DeploymentListener } from "../deployment/deployment.ts";
import type { MigratedRestore } from "../restore/migrations.ts";
import { AlignmentGroups } from "./alignment-groups.ts";
import { Enumerators } from "./enumerators.ts";
import type { RunSettings } from "./settings.ts";

export interface AttemptStart {
  readonly parallelism: number;
  readonly restored: CheckpointManifest | undefined;
  readonly migrated: MigratedRestore | undefined;
  readonly others: readonly CheckpointManifest[];
  readonly storesTrusted: boolean;
  readonly resumed: boolean;
}

/** What an attempt says of itself; splits and the alignment of sources are its own matter. */
export type AttemptListener = Omit<DeploymentListener, "requestSplit" | "sourceWatermark">;

/** One deployment of the job with the enumerators of its sources. */
export class Attempt {
  readonly physical: PhysicalPlan;
  readonly deployment: Deployment;
  readonly #settings: RunSettings;
  readonly #restored: CheckpointManifest | undefined;
  readonly #listener: AttemptListener;
  #enumerators: Enumerators | undefined;

  constructor(settings: RunSettings, { parallelism, ...start }: AttemptStart, listener: AttemptListener) {
    const { graph, maxParallelism, dev } = settings;
    this.#settings = settings;
    this.#restored = start.restored;
    this.#listener = listener;
    this.physical = toPhysical(graph.plan, { parallelism, maxParallelism, chaining: !dev, heads: reachedInFlight(start.restored) });
    this.deployment = settings.deployer(
      { physical: this.physical, ...start },
      {
        ...listener,
        requestSplit: (node, subtask) => this.#enumerators?.requestSplit(node, subtask),
        sourceWatermark: (node, subtask, watermark) => groups.heard(node, subtask, watermark),
      },
    );
    const groups = new AlignmentGroups(graph, this.physical, this.deployment);
  }

  async deploy(): Promise<void> {
    await this.deployment.deploy();
    const fail = (error: unknown) => this.#listener.failed(error);
    this.#enumerators = new Enumerators(this.#settings, this.physical, this.#restored, this.deployment, fail);
  }

  async start(): Promise<void> {
    this.deployment.start();
    await this.#enumerators?.start();
  }

  /** Of the enumerators by node, as they stand before the barrier. */
  enumeratorSnapshots(): ReadonlyMap<number, Json> {
    return this.#enumerators?.snapshots() ?? new Map();
  }

  async close(): Promise<void> {
    try {
      await this.#enumerators?.close();
    } finally {
      await this.deployment.close();
    }
  }
}

/** Nodes that a checkpoint holds records on their way to. */
function reachedInFlight(restored: CheckpointManifest | undefined): ReadonlySet<string> {
  const reached = restored?.operators.filter(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight !== undefined)) ?? [];
  return new Set(reached.map(({ uid }) => uid));
}
