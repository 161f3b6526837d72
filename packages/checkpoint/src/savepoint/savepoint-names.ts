/** The file that makes a directory a savepoint. */
export const savepointManifestName = "manifest.json";

/** Stands in a directory while a savepoint is being written there, and for ever after a crash in the middle. */
export const claimName = "incomplete";

/** `sp-12`: the directory of a savepoint where no other path is named. */
export function savepointName(checkpointId: number): string {
  return `sp-${checkpointId}`;
}
