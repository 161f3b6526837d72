import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

/** Of a manifest that could not be read for a reason outside of it: it may well be whole. */
const OUTSIDE: ReadonlySet<string> = new Set(["CHECKPOINT_READ", "CHECKPOINT_WRITE"]);

/**
 * Every id in the storage, ascending, with its manifest; undefined for one that is damaged, or of an unknown version. Those `known`
 * are not read again: a manifest never changes. Throws when it can't be told which of the two a manifest is.
 */
export async function readManifests(
  storage: CheckpointStorage,
  known: ReadonlyMap<number, CheckpointManifest>,
): Promise<ReadonlyMap<number, CheckpointManifest | undefined>> {
  const manifests = new Map<number, CheckpointManifest | undefined>();
  for (const id of await storage.list()) manifests.set(id, known.get(id) ?? (await storage.readManifest(id).catch(undefinedIfDamaged)));
  return manifests;
}

/** The manifests that can be read now, for whoever knows less without the others. */
export async function readableManifests(storage: CheckpointStorage): Promise<readonly CheckpointManifest[]> {
  const manifests: CheckpointManifest[] = [];
  for (const id of await storage.list()) {
    const manifest = await storage.readManifest(id).catch(() => undefined);
    if (manifest !== undefined) manifests.push(manifest);
  }
  return manifests;
}

function undefinedIfDamaged(error: unknown): undefined {
  if (!(error instanceof MillraceError) || OUTSIDE.has(error.code)) throw error;
}
