import type { CheckpointManifest, OperatorSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { migrateElements } from "@millrace/operators";
import type { OperatorRestore, PartRestore, RestorePlan } from "@millrace/plan";

/**
 * The manifest as the job sees it: nodes under the uids that they have now, without those that are not in the job and without
 * what is dropped of the others. Records of keyed state are another matter (`recordMigrationOf`).
 */
export function adoptedManifest(manifest: CheckpointManifest, plan: RestorePlan): CheckpointManifest {
  const byOldUid = new Map(plan.operators.flatMap((operator) => (operator.from === undefined ? [] : [[operator.from, operator] as const])));
  const operators = manifest.operators.flatMap((snapshot) => {
    const operator = byOldUid.get(snapshot.uid);
    if (operator === undefined) return [snapshot];
    return operator.outcome === "dropped" ? [] : adoptedOperator(snapshot, operator);
  });
  const uidOf = (uid: string): string => byOldUid.get(uid)?.uid ?? uid;
  return {
    ...manifest,
    operators: operators.map((operator) => ({ ...operator, subtasks: operator.subtasks.map((one) => withSenders(one, uidOf)) })),
  };
}

function adoptedOperator(snapshot: OperatorSnapshot, { uid, parts }: OperatorRestore): readonly OperatorSnapshot[] {
  const dropped = new Set(parts.filter(({ outcome }) => outcome === "dropped").map(({ part }) => part));
  const broadcast = parts.filter(({ part }) => part === "broadcastState");
  // Of another kind, the node takes no broadcast state for items of its own.
  if (broadcast.length > 0 && broadcast.every(({ outcome }) => outcome === "dropped")) dropped.add("operatorState");
  // A source or sink that can't go on from there begins anew, its watermark with it; records on their way to it have a place.
  if (dropped.has("positions") || dropped.has("output")) return dropped.has("inFlight") ? [] : onTheirWay({ ...snapshot, uid });
  const { keyed, ...rest } = snapshot;
  const keepsRecords = parts.some((part) => isKeyed(part) && part.outcome !== "new" && part.outcome !== "dropped") || !parts.some(isKeyed);
  const types = parts.find(({ recordTypes }) => recordTypes !== undefined)?.recordTypes;
  const subtasks = snapshot.subtasks.map((subtask) => withRecordsOf(types, withoutDropped(subtask, dropped, keepsRecords)));
  return [{ ...rest, uid, subtasks, ...(keyed !== undefined && keepsRecords ? { keyed } : {}) }];
}

/** Of a node that begins anew. All its subtasks stay, since their number says how the records were dealt out. */
function onTheirWay({ uid, subtasks }: OperatorSnapshot): readonly OperatorSnapshot[] {
  if (subtasks.every(({ inFlight }) => inFlight === undefined)) return [];
  return [{ uid, subtasks: subtasks.map(({ subtask, inFlight }) => ({ subtask, ...(inFlight === undefined ? {} : { inFlight }) })) }];
}

function isKeyed({ part }: PartRestore): boolean {
  return part === "state" || part === "timers";
}

function withoutDropped(subtask: SubtaskSnapshot, dropped: ReadonlySet<PartRestore["part"]>, keepsRecords: boolean): SubtaskSnapshot {
  const { keyed, operatorState, inFlight, ...rest } = subtask;
  return {
    ...rest,
    ...(keyed === undefined || !keepsRecords ? {} : { keyed }),
    ...(operatorState === undefined || dropped.has("operatorState") ? {} : { operatorState }),
    ...(inFlight === undefined || dropped.has("inFlight") ? {} : { inFlight }),
  };
}

/** Records that asynchronous functions were called with are few, and stand in the manifest. */
function withRecordsOf(types: PartRestore["recordTypes"], subtask: SubtaskSnapshot): SubtaskSnapshot {
  const { operatorState } = subtask;
  if (types === undefined || operatorState === undefined) return subtask;
  return { ...subtask, operatorState: migrateElements(operatorState, types.written, types.reader) };
}

function withSenders(subtask: SubtaskSnapshot, uidOf: (uid: string) => string): SubtaskSnapshot {
  const { inFlight } = subtask;
  if (inFlight === undefined) return subtask;
  return { ...subtask, inFlight: { ...inFlight, channels: inFlight.channels.map((channel) => ({ ...channel, from: uidOf(channel.from) })) } };
}

/** Whether a restore is more than taking everything over as it stands. */
export function changesSnapshot(plan: RestorePlan): boolean {
  return plan.operators.some(({ outcome }) => outcome === "migrated" || outcome === "dropped");
}

/** Whether records of keyed state are not those that a local store may hold. */
export function changesRecords(plan: RestorePlan): boolean {
  return plan.operators.some(({ outcome, parts }) => (outcome === "migrated" || outcome === "dropped") && parts.some(isKeyed));
}
