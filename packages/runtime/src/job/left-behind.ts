import { type Files, MillraceError, messageOf } from "@millrace/core";

/** What the subtasks of a run have on their own disk, and can do without. */
export interface LocalState {
  readonly directory: string;
  readonly backend: "heap" | "disk";
}

/** Local stores, and bases of heap state that are being made. */
const PLACE = /^(slot|bases)-(\d+)$/;
const placeOf = { disk: "slot", heap: "bases" } as const;

/** The directory of a subtask's local store, or of bases of its state in memory. */
export function localPlace({ directory, backend }: LocalState, subtask: number): string {
  return `${directory}/${placeOf[backend]}-${subtask}`;
}

/**
 * Removes the local state of subtasks that there are no more, and of the backend that is not used any more: it would be filled anew before
 * anybody reads it. Throws LOCAL_STATE_LEFT.
 */
export async function removeLeftBehind(files: Files, { directory, backend }: LocalState, subtasks: number): Promise<void> {
  try {
    for (const name of await files.list(directory)) {
      const [, place, subtask] = PLACE.exec(name) ?? [];
      if (place === undefined || (place === placeOf[backend] && Number(subtask) < subtasks)) continue;
      await files.remove(`${directory}/${name}`);
    }
  } catch (cause) {
    throw new MillraceError("LOCAL_STATE_LEFT", `local state that is not needed any more could not be removed: ${messageOf(cause)}`, {
      cause,
      hint: `it takes up space in ${directory}, and is removed when the job is started or rescaled the next time`,
    });
  }
}
