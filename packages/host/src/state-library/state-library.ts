import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildJob, type JobDefinition } from "@millrace/api";
import { type Json, type Ports, randomHex } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import * as snapshots from "@millrace/snapshots";
import { engineVersion } from "../engine-version.ts";
import { absolutePath } from "../node/working-directory.ts";

export interface StateLibraryOptions {
  /** For what does not fit into memory; default: the system's temporary directory. */
  readonly scratchDirectory?: string;
  /** Default: the real clock and files. */
  readonly ports?: Ports;
}

export interface JobOptions extends StateLibraryOptions {
  readonly parameters?: { readonly [name: string]: Json };
}

export interface TransformOptions extends JobOptions, Omit<snapshots.SavepointChanges, "plan"> {
  /** The job that the savepoint is for: when operators are edited that the snapshot does not have, or have another max parallelism. */
  readonly job?: JobDefinition;
}

export interface BootstrapOptions extends JobOptions {
  readonly maxParallelism?: number;
  /** By uid. */
  readonly edits: Readonly<Record<string, snapshots.StateEdit>>;
}

export interface WrittenSavepoint {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Opens a snapshot to be read: a savepoint's directory, a checkpoint's manifest, or a state directory, which stands for its
 * newest checkpoint.
 */
export function openSnapshot(path: string, options: StateLibraryOptions = {}): Promise<snapshots.SnapshotReader> {
  const ports = options.ports ?? nodePorts;
  return snapshots.openSnapshotReader(ports.files, absolutePath(path), scratchOf(ports, options));
}

/** Writes a changed copy of a snapshot as a savepoint to `to`; the snapshot stays as it is. */
export async function transformSavepoint(
  from: string,
  to: string,
  { job, parameters, ports = nodePorts, ...options }: TransformOptions,
): Promise<WrittenSavepoint> {
  const reader = await openSnapshot(from, { ports, ...options });
  const plan = job === undefined ? {} : { plan: buildJob(job, parameters === undefined ? {} : { parameters }).plan };
  const { path, bytes } = await snapshots.transformSavepoint(reader, targetOf(ports, to, options), { ...options, ...plan });
  return { path, bytes };
}

/** Writes a savepoint with the state that the edits make, for a job that has not run yet. */
export async function bootstrapSavepoint(
  job: JobDefinition,
  to: string,
  { parameters, ports = nodePorts, ...options }: BootstrapOptions,
): Promise<WrittenSavepoint> {
  const { plan } = buildJob(job, parameters === undefined ? {} : { parameters });
  const { path, bytes } = await snapshots.bootstrapSavepoint(targetOf(ports, to, options), { ...options, plan, engineVersion });
  return { path, bytes };
}

const MEMORY_BYTES_MAX = 32 << 20;

function targetOf(ports: Ports, to: string, options: StateLibraryOptions): snapshots.SavepointTarget {
  const scratch = { files: ports.files, directory: scratchOf(ports, options), memoryBytesMax: MEMORY_BYTES_MAX };
  return { files: ports.files, path: absolutePath(to), scratch, now: () => ports.clock.now() };
}

function scratchOf({ random }: Ports, { scratchDirectory }: StateLibraryOptions): string {
  return join(scratchDirectory ?? tmpdir(), `millrace-${randomHex(random, 12)}`);
}
