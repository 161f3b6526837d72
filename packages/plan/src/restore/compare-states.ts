import { compatibilityOf, type TypeDescription, type TypeProblem } from "@millrace/codec";
import type { Json } from "@millrace/core";
import { durationText } from "../draw/words.ts";
import type { PlanNode, PlannedState } from "../logical.ts";
import type { Compared } from "./compare-state.ts";

/** What becomes of each declared state of a node that is there in both, and of those that are there in one only. */
export function compareStates(old: PlanNode, now: PlanNode): readonly Compared[] {
  const claimed = new Set<string>();
  const parts = now.states.map((state): Compared => {
    const before = findState(old, state);
    if (before === undefined) return { part: "state", name: state.name, outcome: "new", changes: [] };
    claimed.add(before.name);
    return comparePair(old.uid, before, state);
  });
  for (const { name } of old.states) if (!claimed.has(name)) parts.push(goneState(old.uid, name));
  return parts;
}

/** By name, else by alias. */
function findState(node: PlanNode, state: PlannedState): PlannedState | undefined {
  const named = node.states.find(({ name }) => name === state.name);
  return named ?? node.states.find(({ name }) => state.aliases?.includes(name) === true);
}

function goneState(uid: string, name: string): Compared {
  const hint = `declare it, name it in the aliases of the state that took its place, or drop it: ${dropHint(uid)}`;
  return { part: "state", name, outcome: "refused", changes: [], reason: "it is not declared any more", hint };
}

export function dropHint(uid: string): string {
  return `--allow-drop ${uid} drops what has no place`;
}

/** Two of these hold one value a key, written the same way. */
const oneValue: readonly PlannedState["kind"][] = ["value", "reducing", "aggregating"];

export function comparePair(uid: string, before: PlannedState, now: PlannedState): Compared {
  const named = { part: "state", name: now.name, ...(before.name === now.name ? {} : { from: before.name }) } as const;
  const migrations: string[] = before.name === now.name ? [] : [`was ${before.name}`];
  const notes: string[] = [];
  const refuse = (reason: string, hint: string): Compared => ({ ...named, outcome: "refused", changes: [], reason, hint });
  if (before.kind !== now.kind) {
    if (!oneValue.includes(before.kind) || !oneValue.includes(now.kind)) {
      return refuse(
        `it was ${before.kind} state and is ${now.kind} state`,
        `give the new state another name, or rewrite a savepoint with the state library; ${dropHint(uid)}`,
      );
    }
    migrations.push(`${before.kind} → ${now.kind}`);
  }
  const problems: TypeProblem[] = [];
  const key = compared(before.keyType, now.keyType);
  if (key.kind === "refuse") problems.push(...key.problems.map((problem) => ({ ...problem, path: `the keys of the map: ${problem.path}` })));
  if (key.kind === "migrate") migrations.push(...key.changes.map((change) => `keys of the map: ${change}`));
  const value = compared(before.type, now.type);
  if (value.kind !== "same" && now.migrates === true) migrations.push("written anew by its migrate function");
  else if (value.kind === "migrate") migrations.push(...value.changes);
  else if (value.kind === "refuse") problems.push(...value.problems);
  const ttl = ttlChange(before.ttlMs, now.ttlMs);
  if (ttl !== undefined) (before.ttlMs === undefined || now.ttlMs === undefined ? migrations : notes).push(ttl);
  if (problems.length > 0) {
    const [{ hint } = { hint: "" }] = problems;
    return refuse(problems.map(({ path, reason }) => `${path}: ${reason}`).join("; "), `${hint}; ${dropHint(uid)}`);
  }
  return { ...named, outcome: migrations.length > 0 ? "migrated" : "matched", changes: [...migrations, ...notes] };
}

function compared(before: Json | undefined, now: Json | undefined): ReturnType<typeof compatibilityOf> {
  if (before === undefined || now === undefined) return { kind: "same" };
  return compatibilityOf(before as TypeDescription, now as TypeDescription);
}

function ttlChange(before: number | undefined, now: number | undefined): string | undefined {
  if (before === now) return undefined;
  if (before === undefined) return `a time to live of ${durationText(now ?? 0)} from the restore on`;
  if (now === undefined) return "no time to live any more";
  return `lives ${durationText(now)} instead of ${durationText(before)}`;
}
