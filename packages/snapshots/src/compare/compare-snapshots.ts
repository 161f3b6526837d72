import { MillraceError } from "@millrace/core";
import type { StoredRecord } from "@millrace/state";
import type { SnapshotReader } from "../read/snapshot-reader.ts";
import type { OperatorLayout } from "../read/state-layout.ts";
import { RecordCursor } from "../records/record-batch.ts";
import { type StateDifference, Tally } from "./tally.ts";

/**
 * Compares two snapshots of one job entry by entry: a single pass over both in the order of their keys, with little memory.
 * Throws SNAPSHOT_DIFF when they can't be compared, and what reading throws.
 */
export async function compareSnapshots(first: SnapshotReader, second: SnapshotReader): Promise<readonly StateDifference[]> {
  const uids = [...new Set([...first.keyedUids, ...second.keyedUids])];
  for (const uid of uids) checkKeyGroups(first, second, uid);
  const differences: StateDifference[] = [];
  for (const uid of uids) differences.push(...(await compareOperator(first, second, uid)));
  return differences;
}

function checkKeyGroups(first: SnapshotReader, second: SnapshotReader, uid: string): void {
  if (!first.keyedUids.includes(uid) || !second.keyedUids.includes(uid) || first.keyGroupsOf(uid) === second.keyGroupsOf(uid)) return;
  throw new MillraceError(
    "SNAPSHOT_DIFF",
    `${uid} has max parallelism ${first.keyGroupsOf(uid)} and ${second.keyGroupsOf(uid)} in the snapshots: the entries are not in the same order`,
    { hint: "write one of them anew with the other's max parallelism (millrace/state)", where: { uid } },
  );
}

async function compareOperator(first: SnapshotReader, second: SnapshotReader, uid: string): Promise<readonly StateDifference[]> {
  const [left, right] = [await side(first, uid), await side(second, uid)];
  const tally = new Tally(uid, new Map([...left.layout, ...right.layout]));
  try {
    for (;;) {
      const a = left.cursor.current ?? ((await left.cursor.fill()) ? left.cursor.current : undefined);
      const b = right.cursor.current ?? ((await right.cursor.fill()) ? right.cursor.current : undefined);
      if (a === undefined && b === undefined) return tally.differences;
      const order = a === undefined ? 1 : b === undefined ? -1 : Buffer.compare(a[0], b[0]);
      if (order <= 0) left.cursor.next();
      if (order >= 0) right.cursor.next();
      tally.count(order <= 0 ? a : undefined, order >= 0 ? b : undefined);
    }
  } finally {
    await left.cursor.close();
    await right.cursor.close();
  }
}

async function side(reader: SnapshotReader, uid: string): Promise<{ readonly cursor: RecordCursor; readonly layout: OperatorLayout }> {
  if (!reader.keyedUids.includes(uid)) return { cursor: new RecordCursor(nothing()), layout: new Map() };
  return { cursor: new RecordCursor(reader.records(uid)), layout: await reader.layout(uid) };
}

async function* nothing(): AsyncGenerator<readonly StoredRecord[]> {}
