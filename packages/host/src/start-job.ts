import { buildJob, type JobDefinition } from "@millrace/api";
import { createFileCheckpointStorage, decideRestore, defaultRestartStrategy, type RestoreCandidate } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { assert, limits, MillraceError, messageOf, type Ports, randomHex } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { type JobGraph, planHash } from "@millrace/plan";
import { heapBackends, inThisThread, JobRun, LevelBackends, type RunEvent, type RunSettings, type StateBackends } from "@millrace/runtime";
import { type ControlServer, startControlServer } from "./control/index.ts";
import { engineVersion } from "./engine-version.ts";
import type { JobHandle, StartOptions } from "./job-handle.ts";
import { type Machine, nodeMachine } from "./machine.ts";
import { memoryShares } from "./memory.ts";
import { runtimeDirectory } from "./node/index.ts";
import { checkRestorable } from "./restorable.ts";
import { RunningJob } from "./running-job.ts";
import {
  type ActiveRun,
  controlSocketPath,
  decideRun,
  openStateDirectory,
  parseSnapshotChoice,
  type StateDirectory,
} from "./state-directory/index.ts";

const defaults = { checkpointIntervalMs: 10_000, minPauseMs: 0, checkpointTimeoutMs: 600_000, tolerableFailures: 3, retained: 3 };

/**
 * Starts a job in this process and returns when it runs. A crashed or stopped run is resumed from its last completed
 * checkpoint. Rejects, with nothing run, when the plan, the state directory, a checkpoint or a sink's target refuses.
 *
 *     await using job = await startJob(definition, { parameters: { out: "out" } });
 *     await job.finished;
 */
export async function startJob(definition: JobDefinition, options: StartOptions = {}): Promise<JobHandle> {
  options.signal?.throwIfAborted();
  const graph = buildJob(definition, options.parameters === undefined ? {} : { parameters: options.parameters });
  const ports = options.ports ?? nodePorts;
  if (options.ephemeral === true) return startEphemeral(graph, ports, options);
  const machine = options.machine ?? nodeMachine;
  const path = machine.absolutePath(options.stateDir ?? `${options.stateRoot ?? ".millrace"}/${graph.plan.jobName}`);
  const directory = await openStateDirectory({
    ports,
    processes: machine.processes,
    path,
    jobName: graph.plan.jobName,
    engineVersion,
    breakLock: options.breakLock === true,
    probe: (control) => machine.probe(control),
  });
  try {
    return await startIn(directory, graph, ports, machine, options);
  } catch (error) {
    await directory.close();
    throw error;
  }
}

async function startIn(directory: StateDirectory, graph: JobGraph, ports: Ports, machine: Machine, options: StartOptions): Promise<JobHandle> {
  const from = options.from === undefined ? undefined : parseSnapshotChoice(options.from);
  if (from?.kind === "path") {
    throw new MillraceError("RUN_FROM", `${from.path} is not a checkpoint of this job`, { hint: "name one as chk-12; `millrace info` lists them" });
  }
  const decision = decideRun(directory.runs, { fresh: options.fresh === true, from });
  if (decision.kind === "refuse") throw decision.error;
  if (decision.kind === "new" && decision.abandons !== undefined && from !== undefined) {
    throw new MillraceError(
      "RUN_FROM",
      `--fresh puts the checkpoints of the unfinished run ${decision.abandons} aside, and ${options.from} is among them`,
      {
        hint: "leave out --fresh: --from alone goes back to that checkpoint within the unfinished run",
      },
    );
  }
  const storage = createFileCheckpointStorage({ files: ports.files, directory: directory.checkpoints });
  const resuming = decision.kind === "resume";
  const own = resuming ? await chooseCheckpoint(storage, graph, decision.previous.firstCheckpointId, from?.checkpointId) : undefined;
  // A run without a checkpoint of its own begins again where its first attempt began.
  const begunFrom = resuming ? startOf(decision.previous.startedFrom) : from?.checkpointId;
  const chosen = own ?? (begunFrom === undefined ? undefined : await chooseCheckpoint(storage, graph, undefined, begunFrom));
  if (chosen !== undefined) checkRestorable(chosen.manifest, graph.plan, maxParallelismOf(options));
  const run = await directory.beginRun(decision, chosen?.manifest.checkpointId);
  try {
    return await launch({
      directory,
      storage,
      run,
      graph,
      ports,
      machine,
      options,
      restored: chosen?.manifest,
      resumed: own !== undefined,
      skipped: chosen?.skipped ?? [],
    });
  } catch (error) {
    await run.end("failed", messageOf(error));
    throw error;
  }
}

function startOf(startedFrom: string | null): number | undefined {
  const choice = startedFrom === null ? undefined : parseSnapshotChoice(startedFrom);
  return choice?.kind === "checkpoint" ? choice.checkpointId : undefined;
}

interface Launch {
  readonly directory: StateDirectory;
  readonly storage: CheckpointStorage;
  readonly run: ActiveRun;
  readonly graph: JobGraph;
  readonly ports: Ports;
  readonly machine: Machine;
  readonly options: StartOptions;
  readonly restored: CheckpointManifest | undefined;
  readonly resumed: boolean;
  readonly skipped: readonly string[];
}

async function launch({ directory, storage, run, graph, ports, machine, options, restored, resumed, skipped }: Launch): Promise<JobHandle> {
  const shares = memoryShares(options.memoryBytes);
  const identity = { runId: run.runId, lockToken: directory.lockToken };
  const backends: StateBackends =
    options.backend === "heap"
      ? heapBackends({ checkpoints: true })
      : new LevelBackends({
          files: ports.files,
          directory: directory.local,
          storage,
          parallelismOf: parallelisms(graph, options),
          identity,
          ...shares,
        });
  const settings = settingsOf(graph, ports, options, {
    ...identity,
    backends,
    storage,
    restored,
    resumed,
    nextCheckpointId: () => run.checkpointIds.next(),
    verifyOwnership: () => directory.verifyLock(),
  });
  let handle: RunningJob | undefined;
  const jobRun = new JobRun(settings, (event: RunEvent) => handle?.heard(event));
  const controlling = Promise.withResolvers<ControlServer | undefined>();
  handle = new RunningJob({
    graph,
    run: jobRun,
    ports,
    runId: run.runId,
    parallelism: settings.parallelism,
    stateDirectory: directory.path,
    resumedFrom: restored?.checkpointId,
    signal: options.signal,
    over: async (end, reason) => {
      try {
        await (await controlling.promise)?.close();
        await run.end(end, reason);
      } finally {
        await directory.close();
      }
    },
  });
  if (directory.recovered !== undefined)
    handle.warn("LOCK_RECOVERED", `the lock of process ${directory.recovered.pid}, which is gone, was recovered`);
  for (const reason of skipped) handle.warn("CHECKPOINT_SKIPPED", reason);
  await jobRun.start();
  // The job does not wait for its control API, which is for onlookers.
  const control = !machine.hasSockets
    ? undefined
    : startControl(handle, graph, directory, ports).catch((error: unknown) => {
        handle?.warn("CONTROL_SOCKET", `the control API is not available: ${messageOf(error)}`);
        return undefined;
      });
  controlling.resolve(control);
  return handle;
}

/** Checkpoints off: output is published at the end, and nothing survives a crash. */
async function startEphemeral(graph: JobGraph, ports: Ports, options: StartOptions): Promise<JobHandle> {
  const runId = randomHex(ports.random, 8);
  let id = 0;
  const settings = settingsOf(graph, ports, options, {
    runId,
    lockToken: "",
    backends: heapBackends({ checkpoints: false }),
    storage: undefined,
    restored: undefined,
    resumed: false,
    nextCheckpointId: async () => ++id,
    verifyOwnership: async () => undefined,
  });
  let handle: RunningJob | undefined;
  const jobRun = new JobRun(settings, (event) => handle?.heard(event));
  handle = new RunningJob({
    graph,
    run: jobRun,
    ports,
    runId,
    parallelism: settings.parallelism,
    stateDirectory: undefined,
    resumedFrom: undefined,
    signal: options.signal,
    over: async () => undefined,
  });
  await jobRun.start();
  return handle;
}

type Composed = Pick<RunSettings, "runId" | "lockToken" | "storage" | "restored" | "resumed" | "nextCheckpointId" | "verifyOwnership"> & {
  readonly backends: StateBackends;
};

function settingsOf(graph: JobGraph, ports: Ports, options: StartOptions, { backends, ...composed }: Composed): RunSettings {
  const dev = options.dev === true;
  const overwrite = options.overwrite === true;
  const { runId, storage } = composed;
  const batchRecords = options.batchSize ?? limits.batchRecordsMax;
  return {
    graph,
    ports,
    planHash: planHash(graph.plan),
    engineVersion,
    parallelism: parallelismOf(options),
    maxParallelism: maxParallelismOf(options),
    dev,
    overwrite,
    deployer: inThisThread({ graph, ports, runId, batchRecords, dev, interpret: options.interpret === true, overwrite, backends, storage }),
    checkpoints: {
      intervalMs: options.checkpointIntervalMs ?? defaults.checkpointIntervalMs,
      minPauseMs: options.minPauseMs ?? defaults.minPauseMs,
      timeoutMs: options.checkpointTimeoutMs ?? defaults.checkpointTimeoutMs,
      tolerableFailures: options.tolerableFailures ?? defaults.tolerableFailures,
      retained: options.retained ?? defaults.retained,
    },
    restart: options.restart ?? defaultRestartStrategy,
    ...composed,
  };
}

/** The newest readable checkpoint of the run, or the one that was named; undefined: there is none, the run begins at the beginning. */
async function chooseCheckpoint(
  storage: CheckpointStorage,
  graph: JobGraph,
  unfinishedRunFrom: number | undefined,
  from: number | undefined,
): Promise<{ manifest: CheckpointManifest; skipped: readonly string[] } | undefined> {
  const mayHaveCommitted = graph.bodies.some((body) => body.kind === "sink" && body.sink.createCommitter !== undefined);
  const candidates: RestoreCandidate[] = [];
  const manifests = new Map<number, CheckpointManifest>();
  const ids = await storage.list();
  // Verifying reads all of a checkpoint's state: only those are read that the decision turns on, the newest first.
  for (const checkpointId of from !== undefined && ids.includes(from) ? [from] : ids.toReversed()) {
    try {
      const manifest = await storage.readManifest(checkpointId);
      await storage.verify(manifest);
      manifests.set(checkpointId, manifest);
      candidates.push({ checkpointId, readable: true });
      if (from === undefined) break;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      candidates.push({ checkpointId, readable: false, error, mayHaveCommitted });
    }
  }
  const decision = decideRestore({ candidates, from, unfinishedRunFrom });
  if (decision.kind === "refuse") throw decision.error;
  if (decision.kind === "start") return undefined;
  const manifest = manifests.get(decision.checkpointId);
  assert(manifest !== undefined, "the chosen checkpoint has been verified");
  return { manifest, skipped: decision.skipped.map(({ checkpointId, reason }) => `checkpoint ${checkpointId} was passed over: ${reason}`) };
}

async function startControl(handle: JobHandle, graph: JobGraph, directory: StateDirectory, ports: Ports): Promise<ControlServer> {
  const runtime = runtimeDirectory();
  await ports.files.makeDirectory(runtime, 0o700);
  const server = await startControlServer({ handle, plan: graph.plan, engineVersion, socketPath: controlSocketPath(runtime, directory.path) });
  await directory.recordControl(server.socketPath);
  return server;
}

function parallelisms(graph: JobGraph, options: StartOptions): (uid: string) => number | undefined {
  const byUid = new Map(graph.plan.nodes.map((node) => [node.uid, node.parallelism ?? parallelismOf(options)]));
  return (uid) => byUid.get(uid);
}

function parallelismOf(options: StartOptions): number {
  return options.parallelism ?? 1;
}

function maxParallelismOf(options: StartOptions): number {
  return options.maxParallelism ?? limits.maxParallelismDefault;
}
