import { assert, type Files, type Ports, randomHex } from "@millrace/core";
import { type CheckpointIds, openCheckpointIds } from "./checkpoint-ids.ts";
import { writing } from "./files.ts";
import type { StateLock } from "./lock.ts";
import type { RunDecision, SnapshotChoice } from "./run-decision.ts";
import { appendEnd, appendStart, type RunEnd, type RunStart } from "./run-history.ts";

/** A run that has been written into the history. */
export interface ActiveRun extends RunStart {
  readonly checkpointIds: CheckpointIds;
  /** Writes how it ended. Once; not calling it is what a crash looks like. Throws STATE_LOCK_LOST, with nothing written, when the history is another's. */
  end(end: RunEnd, reason?: string): Promise<void>;
}

export type BegunDecision = Exclude<RunDecision, { kind: "refuse" }>;

/** Clears the ground for the run and writes its start into the history of the state directory at `path`, which `lock` is of. */
export async function beginRun(
  ports: Ports,
  path: string,
  lock: StateLock,
  decision: BegunDecision,
  restoredFrom: number | undefined,
): Promise<ActiveRun> {
  const { files, clock } = ports;
  if (decision.kind === "new") await clearAway(ports, path, decision);
  const checkpointIds = await openCheckpointIds(files, path, () => lock.verify());
  const whose = decision.kind === "resume" ? continued(decision) : await begun(ports, decision, checkpointIds);
  const start: RunStart = {
    ...whose,
    startedAtMs: clock.now(),
    restoredFrom: restoredFrom ?? null,
    checkpointsFrom: checkpointIds.last + 1,
    lockToken: lock.token,
  };
  await appendStart(files, historyPath(path), start);
  let ended = false;
  return {
    ...start,
    checkpointIds,
    end: async (end, reason) => {
      assert(!ended, `run ${start.runId} ended twice`);
      ended = true;
      await lock.verify();
      await appendEnd(files, historyPath(path), start, end, clock.now(), reason);
      // Last: a gap in the ids costs nothing, and a run without an end is resumed.
      await checkpointIds.close();
    },
  };
}

export function historyPath(directory: string): string {
  return `${directory}/runs.jsonl`;
}

/** Where the checkpoints of an abandoned run are put. */
export function setAsidePath(directory: string, runId: string): string {
  return `${directory}/checkpoints.${runId}`;
}

/**
 * Wipes local state, and puts the checkpoints of an abandoned run aside. The history says first that it is abandoned: a
 * crash in between must not leave an unfinished run without its checkpoints. The next run finishes the work.
 */
async function clearAway({ files, clock }: Ports, path: string, { abandons, previous }: Extract<RunDecision, { kind: "new" }>): Promise<void> {
  if (abandons !== undefined && previous !== undefined) {
    await appendEnd(files, historyPath(path), previous, "abandoned", clock.now(), "--fresh");
  }
  const abandoned = abandons ?? (previous?.end === "abandoned" ? previous.runId : undefined);
  await writing(path, async () => {
    await files.remove(`${path}/local`);
    if (abandoned !== undefined) await setAside(files, path, abandoned);
  });
}

async function setAside(files: Files, path: string, runId: string): Promise<void> {
  const target = setAsidePath(path, runId);
  const there = await files.stat(`${path}/checkpoints`);
  if (there === undefined || (await files.stat(target)) !== undefined) return;
  await files.rename(`${path}/checkpoints`, target);
  await files.syncDirectory(path);
}

type RunIdentity = Omit<RunStart, "startedAtMs" | "restoredFrom" | "checkpointsFrom" | "lockToken">;

function continued({ previous, attempt }: Extract<RunDecision, { kind: "resume" }>): RunIdentity {
  const { runId, startedFrom, firstCheckpointId } = previous;
  return { runId, attempt, startedFrom, firstCheckpointId };
}

async function begun(ports: Ports, { from }: Extract<RunDecision, { kind: "new" }>, checkpointIds: CheckpointIds): Promise<RunIdentity> {
  return { runId: newRunId(ports), attempt: 1, startedFrom: describe(from), firstCheckpointId: await checkpointIds.next() };
}

function describe(from: SnapshotChoice | undefined): string | null {
  if (from === undefined) return null;
  return from.kind === "path" ? from.path : `chk-${from.checkpointId}`;
}

/** E.g. `20261124-014500-3fa9c1`: sorts by time, and is fit for file names and transactional ids. */
function newRunId({ clock, random }: Ports): string {
  const [date = "", time = ""] = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").split("T");
  return `${date}-${time}-${randomHex(random, 6)}`;
}
