import { dirname } from "node:path";
import { explain, type MillraceError } from "@millrace/core";
import type { OperatorInspection, SnapshotInspection, SnapshotReader } from "@millrace/snapshots";
import { exitCodes } from "../exit-codes.ts";
import { failingWith } from "../failure.ts";
import type { Io } from "../io.ts";
import { bytesText, durationText, timeText } from "../live/units.ts";
import { type Paint, paintFor } from "../paint.ts";
import { tableLines } from "../table.ts";
import { openTarget, type TargetFlags } from "./snapshot-target.ts";

export interface InspectFlags extends TargetFlags {
  readonly json?: boolean;
  readonly keyGroups?: boolean;
}

/** Says what is in a snapshot, and verifies every checksum on the way. */
export async function inspectCommand(what: string, flags: InspectFlags, io: Io): Promise<number> {
  const { reader, release } = await openTarget(what, flags, io);
  try {
    return await failingWith(exitCodes.checkpoint, async () => {
      const { inspectSnapshot } = await import("@millrace/snapshots");
      const found = await inspectSnapshot(reader);
      if (flags.json === true) io.stdout.write(`${JSON.stringify(inspectionJson(reader, found), null, 2)}\n`);
      else for (const line of lines(reader, found, flags, paintFor(io, io.stdout))) io.stdout.write(`${line}\n`);
      return found.damage.length === 0 ? exitCodes.ok : exitCodes.checkpoint;
    });
  } finally {
    release();
  }
}

function lines(reader: SnapshotReader, found: SnapshotInspection, flags: InspectFlags, paint: Paint): readonly string[] {
  const { manifest } = reader;
  const nowMs = Date.now();
  const head = [
    `${paint("bold", `${manifest.kind} ${manifest.checkpointId}`)} of ${manifest.jobName}, run ${manifest.runId}`,
    `  ${reader.path}`,
    `  taken ${timeText(manifest.triggeredAtMs)} (${durationText(Math.max(0, nowMs - manifest.triggeredAtMs))} ago), by Millrace ${manifest.engineVersion}, format ${manifest.formatVersion}`,
    `  parallelism ${manifest.parallelism} of at most ${manifest.maxParallelism}; ${found.files} files, ${bytesText(found.bytes)}`,
  ];
  const damage = found.damage.map((error) => `${paint("red", "✗")} ${explain(error)}`);
  const verdict = damage.length === 0 ? `${paint("green", "✓")} every checksum fits` : `${paint("red", "✗")} the snapshot is damaged`;
  return [
    ...head,
    "",
    ...operatorLines(found.operators, paint),
    ...stateLines(found.operators, nowMs, paint),
    ...(flags.keyGroups === true ? groupLines(found.operators, paint) : []),
    ...damage,
    verdict,
  ];
}

function operatorLines(operators: readonly OperatorInspection[], paint: Paint): readonly string[] {
  const titles = ["uid", "kind", "subtasks", "watermark", "splits", "committables", "keyed state"].map((title) => ({ title: paint("dim", title) }));
  const rows = operators.map(({ uid, kind, subtasks, finishedSubtasks, watermark, splits, committables, keyed }) => [
    uid,
    kind ?? "–",
    finishedSubtasks === 0 ? String(subtasks) : `${subtasks} (${finishedSubtasks} ended)`,
    watermark === undefined ? "–" : watermarkText(watermark),
    splits === 0 ? "–" : String(splits),
    committables === 0 ? "–" : String(committables),
    keyed === undefined ? "–" : `${bytesText(keyed.bytes)} in ${keyed.files} files, keys: ${keyed.keyKind ?? "none yet"}`,
  ]);
  return [...tableLines(titles, rows), ""];
}

function watermarkText(watermark: number): string {
  return Number.isFinite(watermark) ? timeText(watermark) : watermark < 0 ? "before the first" : "at the end";
}

function stateLines(operators: readonly OperatorInspection[], nowMs: number, paint: Paint): readonly string[] {
  const age = (ms: number | undefined): string => (ms === undefined ? "–" : durationText(Math.max(0, nowMs - ms)));
  const rows = operators.flatMap(({ uid, keyed, operatorStates }) => [
    ...operatorStates.map(({ name, kind, entries, bytes }) => [uid, name, kind, String(entries), bytesText(bytes), "–", "–"]),
    ...(keyed?.states ?? []).map(({ name, kind, entries, bytes, oldestWrittenAtMs, newestWrittenAtMs }) => [
      uid,
      name,
      kind,
      String(entries),
      bytesText(bytes),
      age(oldestWrittenAtMs),
      age(newestWrittenAtMs),
    ]),
  ]);
  if (rows.length === 0) return [];
  const titles = ["uid", "state", "kind", "entries", "size", "oldest", "newest"].map((title) => ({ title: paint("dim", title) }));
  return [...tableLines(titles, rows), ""];
}

const groupsShown = 10;

function groupLines(operators: readonly OperatorInspection[], paint: Paint): readonly string[] {
  return operators.flatMap(({ uid, keyed }) => {
    if (keyed === undefined || keyed.keyGroups.length === 0) return [];
    const largest = keyed.keyGroups.slice(0, groupsShown).map(({ keyGroup, bytes }) => [String(keyGroup), bytesText(bytes)]);
    const total = keyed.keyGroups.reduce((sum, { bytes }) => sum + bytes, 0);
    const titles = [{ title: paint("dim", "key group") }, { title: paint("dim", "size"), align: "right" as const }];
    return [
      `${uid}: ${keyed.keyGroups.length} key groups, ${bytesText(total / keyed.keyGroups.length)} each on average; the largest:`,
      ...tableLines(titles, largest),
      "",
    ];
  });
}

function inspectionJson({ path, manifest }: SnapshotReader, found: SnapshotInspection): object {
  const { operators: _operators, plan: _plan, lockToken: _lockToken, ...rest } = manifest;
  const text = (watermark: number | undefined) => (watermark === undefined || Number.isFinite(watermark) ? watermark : watermark < 0 ? "min" : "max");
  return {
    path,
    directory: dirname(path),
    ...rest,
    ...found,
    damage: found.damage.map(({ code, message }: MillraceError) => ({ code, message })),
    operators: found.operators.map((operator) => ({ ...operator, watermark: text(operator.watermark) })),
  };
}
