import { beginSavepoint, dataFilesOf, keyedPartsOf, type SavepointWriter } from "@millrace/checkpoint";
import type { CheckpointManifest, KeyedSnapshot, OperatorSnapshot } from "@millrace/contracts";
import { type Json, limits, MillraceError } from "@millrace/core";
import type { LogicalPlan, PlanNode } from "@millrace/plan";
import { maxParallelismOf, planHash, snapshotFactsOf } from "@millrace/plan";
import type { SnapshotReader } from "../read/snapshot-reader.ts";
import { headerRecord } from "../savepoint/header-record.ts";
import { type OperatorRecords, writeOperator } from "../savepoint/write-operator.ts";
import { type SavepointTarget, type WrittenSavepoint, withKeyed } from "../savepoint/write-savepoint.ts";
import { checkNewPlan } from "./check-new-plan.ts";
import { runEdit, type StateEdit } from "./edit-state.ts";
import { framed, rekeyed } from "./rekey.ts";
import { openScratchBackend } from "./scratch-backend.ts";

/** What is different in the new savepoint. */
export interface SavepointChanges {
  readonly jobName?: string;
  /** New uids by old ones. */
  readonly renameUids?: Readonly<Record<string, string>>;
  /** Operators that are left out, by their old uids. */
  readonly dropUids?: readonly string[];
  readonly maxParallelism?: number;
  /** By new uid. Operators that the snapshot does not have need `plan`. */
  readonly edits?: Readonly<Record<string, StateEdit>>;
  /**
   * The plan of the job that the savepoint is for; absent: the snapshot's own, with what was renamed and left out. All that is
   * kept must stand in it as it is.
   */
  readonly plan?: LogicalPlan;
}

/**
 * Writes a changed copy of a snapshot as a savepoint; the snapshot stays as it is. On a failure nothing is left. Throws
 * EDIT_UID, EDIT_STATE, EDIT_PLAN, EDIT_MAX_PARALLELISM, EDIT_IN_FLIGHT, SAVEPOINT_EXISTS, CHECKPOINT_WRITE, what reading throws, and what an edit throws.
 */
export async function transformSavepoint(from: SnapshotReader, target: SavepointTarget, changes: SavepointChanges): Promise<WrittenSavepoint> {
  checkMaxParallelism(changes.maxParallelism);
  const renames = new Map(Object.entries(changes.renameUids ?? {}));
  const dropped = new Set(changes.dropUids ?? []);
  for (const uid of [...renames.keys(), ...dropped]) from.operator(uid);
  const kept = changedPlan(from.plan, renames, dropped, changes.jobName);
  const plan = changes.plan ?? kept;
  const sources = from.manifest.operators
    .filter(({ uid }) => !dropped.has(uid))
    .map((operator): ChangedSource => ({ old: operator, uid: renames.get(operator.uid) ?? operator.uid }));
  checkUids(sources.map(({ uid }) => uid));
  checkAligned(sources.map(({ old }) => old));
  const maxParallelism = changes.maxParallelism ?? from.manifest.maxParallelism;
  const operators = sources.map(({ old, uid }) => ({ ...old, uid }));
  const before = { ...from.manifest, operators, maxParallelism, plan: withKeyGroupsOf(plan, kept) as unknown as Json };
  if (changes.plan !== undefined) checkNewPlan(snapshotFactsOf(before, await keyKindsOf(from, sources)), { plan, maxParallelism });
  return written(
    target,
    { ...from.manifest, jobName: changes.jobName ?? from.manifest.jobName, maxParallelism, plan: plan as unknown as Json, planHash: planHash(plan) },
    async (writer) => {
      const operators: OperatorSnapshot[] = [];
      for (const { old, uid } of sources)
        operators.push(await changedOperator(writer, from, old, uid, changeOf(target, plan, maxParallelism, uid, changes.edits?.[uid])));
      for (const [uid, edit] of Object.entries(changes.edits ?? {})) {
        if (sources.some((source) => source.uid === uid)) continue;
        operators.push(await newOperator(writer, uid, changeOf(target, plan, maxParallelism, uid, edit)));
      }
      return operators;
    },
  );
}

export interface BootstrapOptions {
  readonly plan: LogicalPlan;
  readonly engineVersion: string;
  readonly maxParallelism?: number;
  /** By uid. */
  readonly edits: Readonly<Record<string, StateEdit>>;
}

/** Writes a savepoint with the state that the edits make, for a job that has not run yet. Throws as `transformSavepoint`. */
export async function bootstrapSavepoint(
  target: SavepointTarget,
  { plan, engineVersion, edits, ...options }: BootstrapOptions,
): Promise<WrittenSavepoint> {
  checkMaxParallelism(options.maxParallelism);
  const maxParallelism = options.maxParallelism ?? limits.maxParallelismDefault;
  const nowMs = target.now();
  const manifest: CheckpointManifest = {
    formatVersion: 1,
    engineVersion,
    kind: "savepoint",
    jobName: plan.jobName,
    runId: "bootstrap",
    lockToken: "",
    checkpointId: 1,
    triggeredAtMs: nowMs,
    completedAtMs: nowMs,
    parallelism: 1,
    maxParallelism,
    planHash: planHash(plan),
    plan: plan as unknown as Json,
    operators: [],
  };
  return written(target, manifest, async (writer) => {
    const operators: OperatorSnapshot[] = [];
    for (const [uid, edit] of Object.entries(edits))
      operators.push(await newOperator(writer, uid, changeOf(target, plan, maxParallelism, uid, edit)));
    return operators;
  });
}

/** An operator as the snapshot has it, and its uid in the new savepoint. */
interface ChangedSource {
  readonly old: OperatorSnapshot;
  readonly uid: string;
}

interface Change {
  readonly target: SavepointTarget;
  readonly plan: LogicalPlan;
  /** Number of key groups of the operator. */
  readonly maxParallelism: number;
  readonly edit: StateEdit | undefined;
}

function changeOf(target: SavepointTarget, plan: LogicalPlan, ofJob: number, uid: string, edit: StateEdit | undefined): Change {
  return { target, plan, maxParallelism: maxParallelismOf(plan, uid, ofJob), edit };
}

async function written(
  target: SavepointTarget,
  manifest: CheckpointManifest,
  write: (writer: SavepointWriter) => Promise<readonly OperatorSnapshot[]>,
): Promise<WrittenSavepoint> {
  const writer = await beginSavepoint(target.files, target.path);
  try {
    const { parentCheckpointId: _parent, ...rest } = manifest;
    const complete: CheckpointManifest = { ...rest, kind: "savepoint", operators: await write(writer), completedAtMs: target.now() };
    await writer.finish(complete);
    return { path: target.path, manifest: complete, bytes: dataFilesOf(complete).reduce((sum, file) => sum + file.bytes, 0) };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function changedOperator(
  writer: SavepointWriter,
  from: SnapshotReader,
  old: OperatorSnapshot,
  uid: string,
  change: Change,
): Promise<OperatorSnapshot> {
  const renamed = { ...old, uid };
  if (keyedPartsOf(old).length === 0 && change.edit === undefined) return renamed;
  const header = await from.header(old.uid);
  const moves = change.maxParallelism !== from.keyGroupsOf(old.uid);
  if (!moves && change.edit === undefined) {
    return withKeyed(renamed, await writeOperator(writer, { uid, header, records: from.records(old.uid) }, change.maxParallelism));
  }
  const records = from.records(old.uid);
  const chunks = joined(headerRecord(uid, header), moves ? rekeyed(records, change.maxParallelism) : framed(records));
  return withKeyed(renamed, await throughBackend(writer, uid, chunks, change));
}

/** An operator that begins with what its edit makes. */
async function newOperator(writer: SavepointWriter, uid: string, change: Change): Promise<OperatorSnapshot> {
  return { uid, subtasks: [{ subtask: 0 }], keyed: await throughBackend(writer, uid, undefined, change) };
}

async function throughBackend(
  writer: SavepointWriter,
  uid: string,
  chunks: AsyncIterable<Uint8Array> | undefined,
  { target, plan, maxParallelism, edit }: Change,
): Promise<readonly KeyedSnapshot[]> {
  await using scratch = await openScratchBackend(target.scratch, { uid, maxParallelism, now: target.now });
  if (chunks !== undefined) await scratch.backend.restore(chunks);
  if (edit !== undefined) await runEdit(scratch, uid, edit, plan);
  const operator: OperatorRecords = { uid, header: scratch.header(), records: scratch.records() };
  // Awaited here: the store is gone at the end of this function.
  return await writeOperator(writer, operator, maxParallelism);
}

async function* joined(first: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first;
  yield* rest;
}

function changedPlan(
  plan: LogicalPlan,
  renames: ReadonlyMap<string, string>,
  dropped: ReadonlySet<string>,
  jobName: string | undefined,
): LogicalPlan {
  const nodes = plan.nodes.filter((node) => !dropped.has(node.uid)).map((node): PlanNode => ({ ...node, uid: renames.get(node.uid) ?? node.uid }));
  return { ...plan, jobName: jobName ?? plan.jobName, nodes };
}

/** Keys get their groups anew: those of nodes that are in another plan count as that has them. */
function withKeyGroupsOf({ nodes }: LogicalPlan, plan: LogicalPlan): LogicalPlan {
  const withCount = ({ maxParallelism: _before, ...node }: PlanNode): PlanNode => {
    const maxParallelism = nodes.find(({ uid }) => uid === node.uid)?.maxParallelism;
    return maxParallelism === undefined ? node : { ...node, maxParallelism };
  };
  return { ...plan, nodes: plan.nodes.map(withCount) };
}

/** By new uid. */
async function keyKindsOf(from: SnapshotReader, sources: readonly ChangedSource[]): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  for (const { old, uid } of sources) {
    const { keyKind } = keyedPartsOf(old).length === 0 ? { keyKind: undefined } : await from.header(old.uid);
    if (keyKind !== undefined) kinds.set(uid, keyKind);
  }
  return kinds;
}

function checkUids(uids: readonly string[]): void {
  const twice = uids.find((uid, index) => uids.indexOf(uid) !== index);
  if (twice === undefined) return;
  throw new MillraceError("EDIT_UID", `two operators would have the uid ${JSON.stringify(twice)}`, {
    hint: "rename or leave out the other one",
    where: { uid: twice },
  });
}

/** A savepoint holds no records under way: their types, channels and places are those of the job that has sent them. */
function checkAligned(operators: readonly OperatorSnapshot[]): void {
  const reached = operators.find(({ subtasks }) => subtasks.some(({ inFlight }) => inFlight !== undefined));
  if (reached === undefined) return;
  throw new MillraceError("EDIT_IN_FLIGHT", `the checkpoint is unaligned: it holds records that were on their way to ${reached.uid}`, {
    hint: "take a savepoint, which holds none, and change that: start the job from this checkpoint and stop it with a savepoint if it does not run",
    where: { uid: reached.uid },
  });
}

function checkMaxParallelism(maxParallelism: number | undefined): void {
  if (maxParallelism === undefined || (Number.isInteger(maxParallelism) && maxParallelism >= 1 && maxParallelism <= limits.maxParallelismMax)) return;
  throw new MillraceError("EDIT_MAX_PARALLELISM", `max parallelism is a whole number from 1 to ${limits.maxParallelismMax}, not ${maxParallelism}`);
}
