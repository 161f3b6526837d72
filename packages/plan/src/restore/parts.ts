import type { PlanNode } from "../logical.ts";
import type { HeldParts, PartRestore } from "./restore-plan.ts";

/** In words that messages can use. */
const partNames = {
  timers: "its timers",
  positions: "its positions",
  output: "its output",
  operatorState: "its own state",
  inFlight: "records on their way to it",
} as const;

/** The state that windows which fire whole keep their accumulators in; they have no timers. */
export const ACCUMULATORS = "accumulators";

/** The state in which all open sessions of a key lie in one value, accumulators among them. */
const OPEN_SESSIONS = "open-sessions";

/** The state in which all slices of a key lie in one value, of windows that overlap and fire whole. */
const SLICES = "slices";

/** All that a node may hold, as matched. */
export function partsOf(node: PlanNode): readonly PartRestore[] {
  const parts: PartRestore[] = node.states.map(({ name }) => ({ part: "state", name, outcome: "matched", changes: [] }));
  for (const { name } of node.broadcastStates ?? []) parts.push({ part: "broadcastState", name, outcome: "matched", changes: [] });
  if (hasTimers(node)) parts.push(matched("timers"));
  if (node.kind === "source") parts.push(matched("positions"));
  if (node.kind === "sink") parts.push(matched("output"));
  if (node.kind === "watermarks" || node.kind === "async" || node.kind === "lookupJoin") parts.push(matched("operatorState"));
  return parts;
}

/** What a node holds, as matched. Items that its kind does not say, as those of an operator of the job's own, are held all the same. */
export function heldPartsOf(node: PlanNode, held: HeldParts): readonly PartRestore[] {
  const parts = [...partsOf(node), matched("inFlight")].filter(({ part }) => isHeld(part, held));
  const says = parts.some(({ part }) => part === "operatorState" || part === "broadcastState");
  return held.operatorState && !says ? [...parts, matched("operatorState")] : parts;
}

export function hasTimers(node: PlanNode): boolean {
  return node.timers.length > 0 && !firesWhole(node) && !keepsSlices(node);
}

export function firesWhole(node: PlanNode): boolean {
  return node.kind === "window" && node.states.some(({ name }) => name === ACCUMULATORS);
}

export function keepsSlices(node: PlanNode): boolean {
  return node.kind === "window" && node.states.some(({ name }) => name === SLICES);
}

export function keepsSessionsTogether(node: PlanNode): boolean {
  return node.kind === "window" && node.states.some(({ name }) => name === OPEN_SESSIONS);
}

export function matched(part: Exclude<PartRestore["part"], "state" | "broadcastState">): PartRestore {
  return { part, name: partNames[part], outcome: "matched", changes: [] };
}

export function newParts(node: PlanNode, kinds: readonly PartRestore["part"][]): readonly PartRestore[] {
  return partsOf(node)
    .filter(({ part }) => kinds.includes(part))
    .map((part) => ({ ...part, outcome: "new" }));
}

function isHeld(part: PartRestore["part"], held: HeldParts): boolean {
  switch (part) {
    case "state":
    case "timers":
      return held.keyed;
    case "broadcastState":
      return held.operatorState;
    case "positions":
    case "output":
    case "operatorState":
    case "inFlight":
      return held[part];
  }
}
