import { keyedPartsOf, type Redistribution, redistribute } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage, KeyedSnapshot, KeyGroupRange, OperatorSnapshot, SubtaskSnapshot } from "@millrace/contracts";
import { type Json, watermarkFromJson } from "@millrace/core";

/** What one subtask of a node gets from a manifest, whatever the parallelism was when it was taken. */
export interface RestoredNode {
  readonly watermark: number;
  /** What it sets off was cut by the checkpoint. */
  readonly firing: boolean;
  readonly finished: boolean;
  readonly operatorState: readonly Json[];
  readonly splits: readonly Json[];
  readonly writerStates: readonly Json[];
  readonly keyed: readonly KeyedSnapshot[];
  /** True when `keyed` is this subtask's own chain of this storage, so that deltas may be added to it. */
  readonly ownChain: boolean;
}

/** Lists are dealt out by Flink's rules (`redistribute`); watermarks start from the least. */
export function restoredNode(
  kind: CheckpointManifest["kind"],
  snapshot: OperatorSnapshot,
  subtask: number,
  parallelism: number,
  keyGroups: KeyGroupRange,
): RestoredNode {
  const olds = snapshot.subtasks;
  const same = olds.length === parallelism;
  const own = olds[subtask];
  const list = (mode: Redistribution, of: (old: SubtaskSnapshot) => readonly Json[] | undefined) => ({
    mode,
    items: olds.map((old) => of(old) ?? []),
  });
  const [operatorState = [], splits = [], writerStates = []] = redistribute(
    [
      list(own?.operatorStateMode ?? olds[0]?.operatorStateMode ?? "split", (old) => old.operatorState),
      list("split", (old) => old.splits),
      list("split", (old) => old.writerStates),
    ],
    parallelism,
  ).map((shares) => shares[subtask] ?? []);
  const keyed =
    same && snapshot.keyed === undefined
      ? [own?.keyed].filter((one) => one !== undefined)
      : keyedPartsOf(snapshot).filter((part) => overlaps(part.keyGroups, keyGroups));
  const finished = same ? own?.finished === true : olds.every((old) => old.finished === true);
  // Where a subtask had ended that others go on beside says nothing: it may never have read anything.
  const goingOn = finished ? olds : olds.filter((old) => old.finished !== true);
  const times = (same ? [own as SubtaskSnapshot] : goingOn).map((old) => ({
    at: watermarkFromJson(old.watermark ?? "min"),
    firing: old.firing === true,
  }));
  const watermark = Math.min(...times.map(({ at }) => at));
  return {
    watermark,
    firing: times.some(({ at, firing }) => firing && at === watermark),
    finished,
    operatorState,
    splits,
    writerStates,
    keyed,
    ownChain: same && kind === "checkpoint",
  };
}

function overlaps(a: KeyGroupRange, b: KeyGroupRange): boolean {
  return a.start <= b.end && b.start <= a.end;
}

/** All chunks of the given chains, each base before its deltas. */
export async function* keyedChunks(storage: Pick<CheckpointStorage, "readData">, keyed: readonly KeyedSnapshot[]): AsyncIterable<Uint8Array> {
  for (const snapshot of keyed) for (const file of snapshot.files) yield* storage.readData(file);
}

/** What all writers of a sink left in a checkpoint. */
export function writerStatesOf(manifest: CheckpointManifest | undefined, uid: string): readonly Json[] {
  const operator = manifest?.operators.find((one) => one.uid === uid);
  return operator?.subtasks.flatMap((subtask) => subtask.writerStates ?? []) ?? [];
}

/** The committables of every sink in a checkpoint, by uid. */
export function committablesOf(manifest: CheckpointManifest): ReadonlyMap<string, readonly Json[]> {
  const result = new Map<string, readonly Json[]>();
  for (const operator of manifest.operators) {
    const all = operator.subtasks.flatMap((subtask) => subtask.committables ?? []);
    if (all.length > 0) result.set(operator.uid, all);
  }
  return result;
}
