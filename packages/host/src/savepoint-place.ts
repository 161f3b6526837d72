import { savepointName } from "@millrace/checkpoint";
import { MillraceError } from "@millrace/core";
import type { Machine } from "./machine.ts";
import type { StateDirectory } from "./state-directory/index.ts";

/**
 * Where a savepoint of the job goes, by its checkpoint; `path`: where somebody wants it, undefined: with the others. Throws
 * SAVEPOINT_PATH for a place in the state directory that is not theirs: what the engine keeps there it also removes.
 */
export function savepointPlace(
  { path: own, savepoints }: Pick<StateDirectory, "path" | "savepoints">,
  machine: Pick<Machine, "absolutePath">,
): (path: string | undefined) => (checkpointId: number) => string {
  return (path) => {
    if (path === undefined) return (checkpointId) => `${savepoints}/${savepointName(checkpointId)}`;
    const place = machine.absolutePath(path);
    if (isWithin(place, own) && (place === savepoints || !isWithin(place, savepoints))) {
      throw new MillraceError("SAVEPOINT_PATH", `no savepoint can be written to ${place}: the job keeps its own files there, and removes them`, {
        hint: `choose a path outside of ${own}, or one in ${savepoints}`,
      });
    }
    return () => place;
  };
}

function isWithin(place: string, directory: string): boolean {
  return place === directory || place.startsWith(`${directory}/`);
}
