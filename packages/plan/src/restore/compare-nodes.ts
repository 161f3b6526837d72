import { compatibilityOf, type TypeDescription } from "@millrace/codec";
import { hasWindows } from "../kinds.ts";
import type { NodeKind, PlanNode } from "../logical.ts";
import { isKeyed } from "../nodes.ts";
import type { Compared } from "./compare-state.ts";
import { compareStates, dropHint } from "./compare-states.ts";
import { compareWindows } from "./compare-windows.ts";
import { keyKindOf } from "./key-kind.ts";
import { hasTimers, heldPartsOf, matched, newParts } from "./parts.ts";
import type { HeldParts, PartRestore } from "./restore-plan.ts";

/** Numbers of key groups in the snapshot and in the job. */
export type KeyGroupCounts = readonly [before: number, after: number];

/** What becomes of the parts of a node that is there in both; parts that the snapshot does not hold begin empty. */
export function compareNodes(old: PlanNode, now: PlanNode, held: HeldParts, [before, after]: KeyGroupCounts): readonly Compared[] {
  if (!sameFamily(old.kind, now.kind)) {
    return refuseAll(old, held, `it was a ${old.kind} and is a ${now.kind}`, `give the new node another uid; ${dropHint(old.uid)}`);
  }
  if (before !== after && isKeyed(old) && (held.keyed || held.inFlight)) {
    const hint = `it decides on the key group of every key: keep it, or rewrite a savepoint with the state library; ${dropHint(old.uid)}`;
    return refuseAll(old, held, `its max parallelism was ${before} and is ${after}`, hint);
  }
  const parts: Compared[] = [];
  if (held.keyed) parts.push(...compareKeyed(old, now, held));
  else parts.push(...newParts(now, ["state", "timers"]));
  if (now.kind === "source") parts.push(...connectorPart(old, now, "positions", held.positions));
  if (now.kind === "sink") parts.push(...connectorPart(old, now, "output", held.output));
  if (old.broadcastStates !== undefined || now.broadcastStates !== undefined) parts.push(...compareBroadcast(old, now, held));
  else if (held.operatorState) parts.push(operatorStatePart(old, now));
  if (held.inFlight) parts.push(matched("inFlight"));
  return parts;
}

/** Of asynchronous functions it holds the records that they were called with; items of others say themselves what they are. */
function operatorStatePart(old: PlanNode, now: PlanNode): Compared {
  const part = matched("operatorState");
  const [written, reader] = [old.details.records, now.details.records] as readonly (TypeDescription | undefined)[];
  if (written === undefined || reader === undefined) return part;
  const comparison = compatibilityOf(written, reader);
  switch (comparison.kind) {
    case "same":
      return part;
    case "migrate":
      return { ...part, outcome: "migrated", changes: comparison.changes, recordTypes: { written, reader } };
    case "refuse": {
      const reason = comparison.problems.map((problem) => `${problem.path}: ${problem.reason}`).join("; ");
      const hint = `give it the codec that it had, or stop the job when none is under way; ${dropHint(old.uid)}`;
      return refused(part, `records that it was called with: ${reason}`, hint);
    }
  }
}

/** Kinds that keep the same: declared states and timers of a key's function; the records of two streams in their windows. */
const families: readonly (readonly NodeKind[])[] = [
  ["keyedProcess", "coProcess"],
  ["windowJoin", "coGroup"],
  ["broadcastProcess", "keyedBroadcastProcess"],
];

function sameFamily(a: NodeKind, b: NodeKind): boolean {
  return a === b || families.some((family) => family.includes(a) && family.includes(b));
}

/** As states of keys, by name and type; each is read by the types that stand beside it. */
function compareBroadcast(old: PlanNode, now: PlanNode, held: HeldParts): readonly Compared[] {
  if (!held.operatorState) return newParts(now, ["broadcastState"]);
  const of = (node: PlanNode): PlanNode => ({ ...node, states: node.broadcastStates ?? [] });
  return compareStates(of(old), of(now)).map((part) => ({ ...part, part: "broadcastState" }));
}

function compareKeyed(old: PlanNode, now: PlanNode, held: HeldParts): readonly Compared[] {
  const [before, after] = [held.keyKind ?? keyKindOf(old.details.key), keyKindOf(now.details.key)];
  if (before !== undefined && after !== undefined && before !== after) {
    const hint = `state belongs to its keys: keep them, or rewrite a savepoint with the state library; ${dropHint(old.uid)}`;
    return refuseAll(old, held, `its keys were of the kind ${before} and are of the kind ${after}`, hint);
  }
  if (now.kind === "cep" && old.details.time !== now.details.time) {
    const hint = `give the pattern another uid; ${dropHint(old.uid)}`;
    return refuseAll(old, held, `it went by ${String(old.details.time)} time and goes by ${String(now.details.time)} time`, hint);
  }
  if (now.kind === "intervalJoin" && emitsAlone(now).some((side) => !emitsAlone(old).includes(side))) {
    const hint = `give the join another uid; ${dropHint(old.uid)}`;
    const reason = `it was ${joinOf(old)} and is ${joinOf(now)}: which of its records had a partner before is not known`;
    return refuseAll(old, held, reason, hint);
  }
  if (hasWindows(now.kind)) return compareWindows(old, now, (reason, hint) => refuseAll(old, held, reason, hint));
  return [...compareStates(old, now), ...functionTimers(old, now)];
}

/** The sides of an interval join whose records are emitted too when they had no partner. */
function emitsAlone(node: PlanNode): readonly ("left" | "right")[] {
  const join = joinOf(node);
  if (join === "fullOuter") return ["left", "right"];
  return join === "leftOuter" ? ["left"] : join === "rightOuter" ? ["right"] : [];
}

function joinOf({ details }: PlanNode): string {
  return String(details.join);
}

function functionTimers(old: PlanNode, now: PlanNode): readonly Compared[] {
  if (!hasTimers(old)) return newParts(now, ["timers"]);
  if (hasTimers(now)) return [matched("timers")];
  return [refused(matched("timers"), "its timers would call nothing: the function has no onTimer any more", `keep onTimer; ${dropHint(old.uid)}`)];
}

function connectorPart(old: PlanNode, now: PlanNode, part: "positions" | "output", held: boolean): readonly Compared[] {
  if (!held) return newParts(now, [part]);
  const [before, after] = [String(old.details.connector), String(now.details.connector)];
  if (before === after) return [matched(part)];
  const what = part === "positions" ? "its positions mean nothing to" : "what it has prepared can't be published by";
  return [
    refused(
      matched(part),
      `${what} another connector: it was ${before} and is ${after}`,
      `give the new ${now.kind} another uid; ${dropHint(old.uid)}`,
    ),
  ];
}

function refused(part: PartRestore, reason: string, hint: string): Compared {
  return { ...part, outcome: "refused", reason, hint };
}

function refuseAll(old: PlanNode, held: HeldParts, reason: string, hint: string): readonly Compared[] {
  return heldPartsOf(old, held).map((part) => refused(part, reason, hint));
}
