import { decideRetention } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError, messageOf } from "@millrace/core";
import { readManifests } from "./manifests.ts";

/** What may not be removed however old it is. */
export interface InUse {
  /** Ids in the markers of the local stores. */
  readonly localMarkers: readonly number[];
  /** Ids of what somebody reads. */
  readonly held: readonly number[];
}

/** The checkpoints in the storage: removes those, and the files, that nothing needs any more. */
export class RetainedCheckpoints {
  readonly #storage: CheckpointStorage;
  readonly #retained: number;
  /** As far as they were read or written here. */
  #manifests = new Map<number, CheckpointManifest>();

  constructor(storage: CheckpointStorage, retained: number) {
    this.#storage = storage;
    this.#retained = retained;
  }

  add(manifest: CheckpointManifest): void {
    this.#manifests.set(manifest.checkpointId, manifest);
  }

  /** Throws, with nothing removed, while a manifest can't be read for another reason than damage. */
  async cleanUp({ localMarkers, held }: InUse): Promise<void> {
    const manifests = await readManifests(this.#storage, this.#manifests);
    const decision = decideRetention({
      retained: this.#retained,
      manifests: [...manifests].map(([checkpointId, manifest]) => ({
        checkpointId,
        readable: manifest !== undefined,
        parentId: manifest?.parentCheckpointId,
      })),
      localMarkers,
      inUse: held,
    });
    for (const id of decision.remove) await this.#storage.removeManifest(id);
    // What a damaged manifest that is kept refers to is not known: nothing is removed until it has gone.
    const kept = decision.keep.flatMap((id) => manifests.get(id) ?? []);
    this.#manifests = new Map(kept.map((manifest) => [manifest.checkpointId, manifest]));
    if (kept.length === decision.keep.length) await this.#storage.collectGarbage(kept);
  }
}

/** A clean-up has failed, which costs the job nothing but space. */
export function notCleanedUp(cause: unknown): MillraceError {
  return new MillraceError("CHECKPOINT_CLEANUP", `checkpoints that are not needed any more could not be removed: ${messageOf(cause)}`, {
    cause,
    hint: "they are removed after a later checkpoint; until then they take up space in the state directory",
  });
}
