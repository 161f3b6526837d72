import type { Machine } from "./machine.ts";
import { parseSnapshotChoice, type SnapshotChoice } from "./state-directory/index.ts";

/** `chk-12` and `sp-12` are the job's own; anything else is a path. */
export function snapshotChoice(text: string, savepoints: string, machine: Machine): SnapshotChoice {
  const choice = parseSnapshotChoice(text);
  if (choice.kind === "checkpoint") return choice;
  return { kind: "path", path: /^sp-\d+$/.test(text) ? `${savepoints}/${text}` : machine.absolutePath(choice.path) };
}
