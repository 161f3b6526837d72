import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { assert } from "@millrace/core";
import { type WrittenSavepoint, writeSavepoint } from "@millrace/snapshots";
import type { Deployment } from "../../deployment/deployment.ts";
import type { HeldState } from "../backends.ts";
import type { RunSettings } from "../settings.ts";
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
  readonly options?: Pick<TakeOptions, "suspends" | "drained">;
}

/**
 * Takes a checkpoint and writes it as a savepoint in the background, from the local stores as they are at that moment or
 * from its files. Later checkpoints go on meanwhile; retention keeps what is read. Throws what writing a savepoint throws, and
 * CHECKPOINT_ABORTED.
 */
export async function takeSavepoint({ settings, checkpoints, deployment, held, pathOf, options }: SavepointOrder): Promise<WrittenSavepoint> {
  const { storage, ports } = settings;
  assert(storage !== undefined, "savepoints need a storage");
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
    const path = pathOf(manifest.checkpointId);
    const scratch = { files: ports.files, directory: `${path}.scratch`, memoryBytesMax: MEMORY_BYTES_MAX };
    return await writeSavepoint(sourceOf(manifest, storage, state), { files: ports.files, path, scratch, now: () => ports.clock.now() });
  } finally {
    release();
    await state?.close();
  }
}

function sourceOf(manifest: CheckpointManifest, storage: CheckpointStorage, state: HeldState | undefined) {
  return {
    manifest,
    readData: (file: Parameters<CheckpointStorage["readData"]>[0]) => storage.readData(file),
    ...(state === undefined ? {} : { recordsOf: (uid: string, subtask: number) => state.records(uid, subtask) }),
  };
}
