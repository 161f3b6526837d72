import { beginSavepoint, dataFilesOf, keyedPartsOf, type SavepointWriter, takenIn } from "@millrace/checkpoint";
import type { CheckpointManifest, KeyedSnapshot, OperatorSnapshot } from "@millrace/contracts";
import type { Files } from "@millrace/core";
import { type LogicalPlan, maxParallelismOf } from "@millrace/plan";
import { type StoredRecord, verifiedValue } from "@millrace/state";
import { type DataReader, readOperatorHeader } from "../records/headers.ts";
import { type Scratch, sortedRecords } from "../records/sorted-records.ts";
import { writeOperator } from "./write-operator.ts";

/** What a savepoint is made from: a checkpoint with its data. */
export interface SavepointSource extends DataReader {
  readonly manifest: CheckpointManifest;
  /**
   * A quicker way to the records of a subtask than its files, where there is one: in the order of their keys' bytes. When it
   * throws, the files are read instead.
   */
  readonly recordsOf?: (uid: string, subtask: number) => AsyncIterable<readonly StoredRecord[]> | undefined;
}

export interface WrittenSavepoint {
  readonly path: string;
  readonly manifest: CheckpointManifest;
  readonly bytes: number;
}

export interface SavepointTarget {
  readonly files: Files;
  /** Empty or not there yet. */
  readonly path: string;
  readonly scratch: Scratch;
  /** When it is complete; milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Writes a checkpoint as a savepoint: canonical, self-contained, independent of the checkpoint's files. On a failure
 * nothing is left. Throws SAVEPOINT_EXISTS, CHECKPOINT_WRITE, CHECKPOINT_CORRUPT, STATE_CORRUPT.
 */
export async function writeSavepoint(source: SavepointSource, target: SavepointTarget): Promise<WrittenSavepoint> {
  const writer = await beginSavepoint(target.files, target.path);
  try {
    const operators: OperatorSnapshot[] = [];
    for (const operator of source.manifest.operators) operators.push(await canonicalOperator(writer, source, operator, target.scratch));
    const manifest = savepointManifest(source.manifest, operators, target.now());
    await writer.finish(manifest);
    return { path: target.path, manifest, bytes: dataFilesOf(manifest).reduce((sum, file) => sum + file.bytes, 0) };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** A manifest as it stands in a savepoint: nothing in it refers to the checkpoints around it. */
function savepointManifest(from: CheckpointManifest, operators: readonly OperatorSnapshot[], completedAtMs: number): CheckpointManifest {
  const { parentCheckpointId: _parent, drained: _drained, ...rest } = from;
  return { ...rest, kind: "savepoint", completedAtMs, operators };
}

/** The node without the keyed state of its subtasks, which a savepoint holds by key groups. */
export function withKeyed(operator: OperatorSnapshot, keyed: readonly KeyedSnapshot[]): OperatorSnapshot {
  const subtasks = operator.subtasks.map(({ keyed: _keyed, ...subtask }) => subtask);
  return { ...operator, subtasks, keyed };
}

async function canonicalOperator(
  writer: SavepointWriter,
  source: SavepointSource,
  operator: OperatorSnapshot,
  scratch: Scratch,
): Promise<OperatorSnapshot> {
  const parts = keyedPartsOf(operator);
  if (parts.length === 0) return operator;
  const { plan, maxParallelism } = source.manifest;
  const keyGroups = maxParallelismOf(plan as unknown as LogicalPlan, operator.uid, maxParallelism);
  const keyed = await takenIn(source, parts, async () => {
    const header = await readOperatorHeader(source, parts);
    const records = operatorRecords(source, operator, scratch);
    return writeOperator(writer, { uid: operator.uid, header, records }, keyGroups);
  });
  return withKeyed(operator, keyed);
}

/** All parts of an operator, one after the other: their key groups do not overlap, so that the whole is in order, too. */
async function* operatorRecords(source: SavepointSource, operator: OperatorSnapshot, scratch: Scratch): AsyncGenerator<readonly StoredRecord[]> {
  const parts = [
    ...(operator.keyed ?? []).map((part) => ({ part, subtask: undefined })),
    ...operator.subtasks.flatMap(({ keyed, subtask }) => (keyed === undefined ? [] : [{ part: keyed, subtask }])),
  ].sort((a, b) => a.part.keyGroups.start - b.part.keyGroups.start);
  for (const { part, subtask } of parts) {
    const quick = subtask === undefined ? undefined : source.recordsOf?.(operator.uid, subtask);
    const sure = () => sortedRecords(source, part, scratch);
    yield* quick === undefined ? sure() : quickOrSure(quick, sure);
  }
}

/** Reads `quick` as far as it goes, and what is missing from `sure`, which has the same records in the same order. */
async function* quickOrSure(
  quick: AsyncIterable<readonly StoredRecord[]>,
  sure: () => AsyncIterable<readonly StoredRecord[]>,
): AsyncGenerator<readonly StoredRecord[]> {
  let skip = 0;
  try {
    for await (const batch of quick) {
      for (const [key, stored] of batch) verifiedValue(key, stored);
      yield batch;
      skip += batch.length;
    }
    return;
  } catch {
    // Its store was closed or is damaged; the files are the truth.
  }
  for await (const batch of sure()) {
    if (skip < batch.length) yield batch.slice(skip);
    skip = Math.max(0, skip - batch.length);
  }
}
