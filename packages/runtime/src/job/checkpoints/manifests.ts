import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";

/** Every id in the storage, ascending, with its manifest; undefined for one that can't be read. Those `known` are not read again: a manifest never changes. */
export async function readManifests(
  storage: CheckpointStorage,
  known: ReadonlyMap<number, CheckpointManifest> = new Map(),
): Promise<ReadonlyMap<number, CheckpointManifest | undefined>> {
  const manifests = new Map<number, CheckpointManifest | undefined>();
  for (const id of await storage.list()) manifests.set(id, known.get(id) ?? (await storage.readManifest(id).catch(() => undefined)));
  return manifests;
}

/** Those that can be read. */
export function readable(manifests: ReadonlyMap<number, CheckpointManifest | undefined>): readonly CheckpointManifest[] {
  return [...manifests.values()].filter((manifest) => manifest !== undefined);
}
