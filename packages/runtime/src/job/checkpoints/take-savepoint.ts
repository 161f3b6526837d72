import { runEnding } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type WrittenSavepoint, writeSavepoint } from "@millrace/snapshots";
import type { Deployment } from "../../deployment/deployment.ts";
import type { HeldState } from "../backends.ts";
import type { RunSettings } from "../settings.ts";
import { isCheckpointAborted } from "./checkpoint-aborted.ts";
import type { CheckpointCoordinator } from "./checkpoint-coordinator.ts";
import type { TakeOptions } from "./checkpoint-requests.ts";
import type { HeldCheckpoints } from "./held-checkpoints.ts";

/** While the job runs, state of more bytes than this is sorted on disk, so that the event loop is never held up for long. */
const MEMORY_BYTES_MAX = 256 << 10;

export interface SavepointOrder {
  readonly settings: RunSettings;
  readonly checkpoints: CheckpointCoordinator;
  readonly deployment: Deployment;
  readonly held: HeldCheckpoints;
  /** Where it goes. */
  readonly pathOf: (checkpointId: number) => string;
  /** Writes it, unless one of the same checkpoint has been begun there. */
  readonly once: (checkpointId: number, path: string, write: () => Promise<WrittenSavepoint>) => Promise<WrittenSavepoint>;
  readonly options?: Pick<TakeOptions, "suspends" | "drained">;
}

/** Takes a checkpoint and writes it as a savepoint. Throws what writing a savepoint throws, and CHECKPOINT_ABORTED. */
export function takeSavepoint(order: SavepointOrder): Promise<WrittenSavepoint> {
  return order.options?.drained === true ? takeWithCheckpoint(order) : takeAfterCheckpoint(order);
}

/**
 * Writes it in the background, from the local stores as they are at that moment or from the checkpoint's files. Later
 * checkpoints go on meanwhile; retention keeps what is read.
 */
async function takeAfterCheckpoint(order: SavepointOrder): Promise<WrittenSavepoint> {
  const { checkpoints, deployment, held, options } = order;
  let release: () => void = () => undefined;
  let state: HeldState | undefined;
  const manifest = await checkpoints.take("savepoint", {
    ...options,
    completed: ({ checkpointId }) => {
      release = held.hold(checkpointId);
      state = deployment.holdState(checkpointId);
    },
  });
  try {
    return await write(order, manifest, state);
  } finally {
    release();
    await state?.close();
  }
}

/**
 * Of a job that was drained: the checkpoint exists only if its savepoint does. What has fired early is published with a run
 * that ends, or never.
 */
async function takeWithCheckpoint(order: SavepointOrder): Promise<WrittenSavepoint> {
  const { settings, checkpoints, options } = order;
  let written: WrittenSavepoint | undefined;
  const beforehand = async (manifest: CheckpointManifest): Promise<void> => {
    written = await write(order, manifest, undefined);
  };
  try {
    await checkpoints.take("savepoint", { ...options, beforehand });
  } catch (error) {
    // The sinks take back what a savepoint of a checkpoint that came to nothing refers to.
    const cameToNothing = isCheckpointAborted(error) && runEnding(error) === undefined;
    if (written !== undefined && cameToNothing) await settings.ports.files.remove(written.path).catch(() => undefined);
    throw error;
  }
  assert(written !== undefined, "the savepoint was written before its checkpoint");
  return written;
}

function write({ settings, pathOf, once }: SavepointOrder, manifest: CheckpointManifest, state: HeldState | undefined): Promise<WrittenSavepoint> {
  const { storage, ports } = settings;
  assert(storage !== undefined, "savepoints need a storage");
  const path = pathOf(manifest.checkpointId);
  const scratch = { files: ports.files, directory: `${path}.scratch`, memoryBytesMax: MEMORY_BYTES_MAX };
  return once(manifest.checkpointId, path, () =>
    writeSavepoint(sourceOf(manifest, storage, state), { files: ports.files, path, scratch, now: () => ports.clock.now() }),
  );
}

function sourceOf(manifest: CheckpointManifest, storage: CheckpointStorage, state: HeldState | undefined) {
  return {
    manifest,
    readData: (file: Parameters<CheckpointStorage["readData"]>[0]) => storage.readData(file),
    ...(state === undefined ? {} : { recordsOf: (uid: string, subtask: number) => state.records(uid, subtask) }),
  };
}
