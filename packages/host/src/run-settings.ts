import { defaultRestartStrategy } from "@millrace/checkpoint";
import { limits, type Ports } from "@millrace/core";
import { type JobGraph, planHash } from "@millrace/plan";
import type { RunSettings } from "@millrace/runtime";
import { intervalOf } from "./checkpoint-interval.ts";
import { engineVersion } from "./engine-version.ts";
import type { StartOptions } from "./job-handle.ts";
import { ancestorsOf, type StartingPoint } from "./starting-point.ts";

const defaults = {
  minPauseMs: 0,
  checkpointTimeoutMs: 600_000,
  tolerableFailures: 3,
  retained: 3,
  alignmentTimeoutMs: 5_000,
};

/** What the start of a run has found or made. */
export interface RunParts
  extends Pick<RunSettings, "runId" | "lockToken" | "deployer" | "storage" | "local" | "restorePlan" | "nextCheckpointId" | "verifyOwnership"> {
  readonly point: StartingPoint | undefined;
}

/** What a run is told, of what the user said and of what was found or made for it. */
export function runSettings(graph: JobGraph, ports: Ports, options: StartOptions, { point, ...parts }: RunParts): RunSettings {
  return {
    graph,
    ports,
    planHash: planHash(graph.plan),
    engineVersion,
    parallelism: parallelismOf(options),
    maxParallelism: maxParallelismOf(options, point),
    restored: point?.manifest,
    resumed: point?.own === true,
    ancestorRunIds: ancestorsOf(point),
    dev: options.dev === true,
    overwrite: options.overwrite === true,
    acceptLoss: options.acceptLoss ?? [],
    checkpointIntervalMs: intervalOf(options, parts.storage),
    checkpoints: {
      intervalMs: intervalOf(options, parts.storage),
      minPauseMs: options.minPauseMs ?? defaults.minPauseMs,
      timeoutMs: options.checkpointTimeoutMs ?? defaults.checkpointTimeoutMs,
      tolerableFailures: options.tolerableFailures ?? defaults.tolerableFailures,
      retained: options.retained ?? defaults.retained,
      alignmentTimeoutMs: options.alignmentTimeoutMs === null ? undefined : (options.alignmentTimeoutMs ?? defaults.alignmentTimeoutMs),
    },
    restart: options.restart ?? defaultRestartStrategy,
    ...parts,
  };
}

export function parallelismOf(options: StartOptions): number {
  return options.parallelism ?? 1;
}

/** What a snapshot was taken with stays, unless another was asked for. */
export function maxParallelismOf(options: StartOptions, point: StartingPoint | undefined): number {
  return options.maxParallelism ?? point?.manifest.maxParallelism ?? limits.maxParallelismDefault;
}
