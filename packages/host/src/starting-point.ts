import { decideRestore, openSnapshot, type RestoreCandidate, type SnapshotFiles } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { assert, MillraceError, type Ports } from "@millrace/core";
import type { JobGraph } from "@millrace/plan";
import { type BegunDecision, isWithin, type SnapshotChoice } from "./state-directory/index.ts";

/** The snapshot that an attempt of a run begins with. */
export interface StartingPoint {
  /** One that does not lie among the run's own checkpoints has the kind "savepoint", whatever it was. */
  readonly manifest: CheckpointManifest;
  /** Where the files of such a one are. */
  readonly snapshot: SnapshotFiles | undefined;
  /** A checkpoint of this very run. */
  readonly own: boolean;
  /** Newer checkpoints that were passed over, and why. */
  readonly skipped: readonly string[];
}

export interface StartingFacts {
  readonly ports: Ports;
  readonly storage: CheckpointStorage;
  readonly graph: JobGraph;
  readonly decision: BegunDecision;
  /** The files of a checkpoint that the local stores do not make needless; undefined: all are verified. */
  readonly readByRestore: ((manifest: CheckpointManifest) => Promise<ReadonlySet<string>>) | undefined;
  /** Of this start; paths are absolute. */
  readonly from: SnapshotChoice | undefined;
  /** Of the start of a run that is resumed. */
  readonly begunFrom: SnapshotChoice | undefined;
}

/** Finds and verifies the snapshot to start from; undefined: at the beginning. Throws what refuses it. */
export async function chooseStartingPoint(facts: StartingFacts): Promise<StartingPoint | undefined> {
  const { decision, from } = facts;
  if (decision.kind === "new") return startFrom(facts, from);
  const own = await chooseCheckpoint(facts, decision, decision.checkpointId);
  // A run without a checkpoint of its own begins again where its first attempt began.
  return own === undefined ? startFrom(facts, facts.begunFrom) : { ...own, snapshot: undefined, own: true };
}

async function startFrom(facts: StartingFacts, from: SnapshotChoice | undefined): Promise<StartingPoint | undefined> {
  if (from === undefined) return undefined;
  if (from.kind === "checkpoint") {
    const chosen = await chooseCheckpoint(facts, undefined, from.checkpointId);
    return chosen === undefined ? undefined : { ...chosen, snapshot: undefined, own: false };
  }
  const { ports, graph } = facts;
  const snapshot = await openSnapshot(ports.files, from.path);
  const { jobName } = graph.plan;
  if (snapshot.manifest.jobName !== jobName) {
    throw new MillraceError("RESTORE_OTHER_JOB", `${snapshot.path} is a snapshot of the job ${snapshot.manifest.jobName}, not of ${jobName}`, {
      hint: "a job's name is its identity: give the job its old name back, or rename it in a copy of the savepoint (docs/savepoints.md)",
      where: { job: jobName },
    });
  }
  await snapshot.verify();
  return { manifest: { ...snapshot.manifest, kind: "savepoint" }, snapshot, own: false, skipped: [] };
}

/** The newest readable checkpoint of the lineage of the run, or the one that was named; undefined: there is none, the run begins at the beginning. */
async function chooseCheckpoint(
  { storage, graph, readByRestore }: StartingFacts,
  unfinished: Extract<BegunDecision, { kind: "resume" }> | undefined,
  from: number | undefined,
): Promise<{ manifest: CheckpointManifest; skipped: readonly string[] } | undefined> {
  const mayHaveCommitted = graph.bodies.some((body) => body.kind === "sink" && body.sink.createCommitter !== undefined);
  const candidates: RestoreCandidate[] = [];
  const manifests = new Map<number, CheckpointManifest>();
  const all = await storage.list();
  const ids = unfinished === undefined || from !== undefined ? all : all.filter((id) => isWithin(unfinished.lineage, id));
  // Verifying may read all of a checkpoint's state: only those are read that the decision turns on, the newest first.
  for (const checkpointId of from !== undefined && ids.includes(from) ? [from] : ids.toReversed()) {
    try {
      const manifest = await storage.readManifest(checkpointId);
      await storage.verify(manifest, await readByRestore?.(manifest));
      manifests.set(checkpointId, manifest);
      candidates.push({ checkpointId, readable: true });
      if (from === undefined) break;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      candidates.push({ checkpointId, readable: false, error, mayHaveCommitted });
    }
  }
  const decision = decideRestore({ candidates, from, unfinishedRunFrom: unfinished?.previous.firstCheckpointId });
  if (decision.kind === "refuse") throw decision.error;
  if (decision.kind === "start") return undefined;
  const manifest = manifests.get(decision.checkpointId);
  assert(manifest !== undefined, "the chosen checkpoint has been verified");
  return { manifest, skipped: decision.skipped.map(({ checkpointId, reason }) => `checkpoint ${checkpointId} was passed over: ${reason}`) };
}

/** The runs that a run's state grew from, the nearest last. */
export function ancestorsOf(point: StartingPoint | undefined): readonly string[] {
  if (point === undefined) return [];
  const { ancestorRunIds = [], runId } = point.manifest;
  return point.own ? ancestorRunIds : [...ancestorRunIds, runId];
}
