import type { SourceChange } from "../plant.ts";
import { channels } from "./channels.ts";
import { checkpoints } from "./checkpoints.ts";
import type { HarmlessLines } from "./harmless-lines.ts";
import { runs } from "./runs.ts";
import { tasks } from "./tasks.ts";

/** Files that say how much, when or in which words, and not what; or refuse what no job gives them. */
export const besideTheResults: readonly string[] = [
  "packages/checkpoint/src/storage/checked-json.ts",
  "packages/checkpoint/src/storage/errors.ts",
  "packages/runtime/src/job/failures.ts",
  "packages/runtime/src/job/not-running.ts",
  "packages/runtime/src/task/expiry-cleanup.ts",
  "packages/runtime/src/task/state-room-watch.ts",
  "packages/runtime/src/task/state-room.ts",
  "packages/runtime/src/task/task-times.ts",
];

/** Breakages that were read and change no result: no run can tell them from the engine as it is. */
export const harmless: readonly SourceChange[] = [
  ...changesBelow("packages/runtime/src/task", tasks),
  ...changesBelow("packages/runtime/src/job", runs),
  ...changesBelow("packages/runtime/src/channel", channels),
  ...changesBelow("packages/checkpoint/src", checkpoints),
];

function changesBelow(folder: string, lines: HarmlessLines): SourceChange[] {
  return Object.entries(lines).flatMap(([path, changes]) => changes.map(([find, replace]) => ({ path: `${folder}/${path}`, find, replace })));
}
