import { buildJob, type JobDefinition, secretTexts } from "@millrace/api";
import { createFileCheckpointStorage, refuseOccupied } from "@millrace/checkpoint";
import type { CheckpointStorage } from "@millrace/contracts";
import { type Cancel, MillraceError, messageOf, type Ports, randomHex } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { JobGraph, RestorePlan } from "@millrace/plan";
import { JobRun, type RunEvent, sinkContext } from "@millrace/runtime";
import { refuseInBatch } from "./batch-options.ts";
import { buildOptions } from "./build-options.ts";
import { checkOptions } from "./check-options.ts";
import { controlSoon, type SoonControl } from "./control-soon.ts";
import { deployerFor, threadsFor } from "./deployer.ts";
import { engineVersion } from "./engine-version.ts";
import type { JobHandle, StartOptions } from "./job-handle.ts";
import { redactor } from "./log/index.ts";
import { type Machine, nodeMachine } from "./machine.ts";
import { memoryShares } from "./memory.ts";
import { outputThatStays } from "./output-that-stays.ts";
import { planRestore, restoreNotes } from "./plan-restore.ts";
import { restoreReads } from "./restore-reads.ts";
import { maxParallelismOf, parallelismOf, runSettings } from "./run-settings.ts";
import { RunningJob } from "./running-job.ts";
import { savepointPlace } from "./savepoint-place.ts";
import { snapshotChoice } from "./snapshot-choice.ts";
import { chooseStartingPoint, type StartingPoint } from "./starting-point.ts";
import { type ActiveRun, decideRun, openStateDirectory, parseSnapshotChoice, type StateDirectory } from "./state-directory/index.ts";
import { isInWorker } from "./worker/in-worker.ts";

/**
 * Starts a job in this process and returns when it runs. A crashed or stopped run is resumed from its last completed
 * checkpoint. Rejects, with nothing run, when the plan, the state directory, a checkpoint or a sink's target refuses.
 *
 *     await using job = await startJob(definition, { parameters: { out: "out" } });
 *     await job.finished;
 */
export async function startJob(definition: JobDefinition, options: StartOptions = {}): Promise<JobHandle> {
  options.signal?.throwIfAborted();
  if (isInWorker.get()) {
    throw new MillraceError("JOB_NESTED", `a worker that builds a job was asked to start "${definition.name}"`, {
      where: { job: definition.name },
      hint: "a job's module only describes the job: call startJob from a module of its own",
    });
  }
  checkOptions(definition.name, options);
  const built = buildJob(definition, buildOptions(options));
  const graph = options.transform?.(built) ?? built;
  const ports = options.ports ?? nodePorts;
  const machine = options.machine ?? nodeMachine;
  if (options.mode === "batch") refuseInBatch(definition.name, options);
  if (options.ephemeral === true || options.mode === "batch") return startEphemeral(graph, ports, machine, options);
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
    const redact = redactor(secretTexts(definition.parameters, options.parameters ?? {}));
    return await startIn(directory, { graph, redact }, ports, machine, options);
  } catch (error) {
    // Why it can't begin is what matters, here and below, and not what its end comes upon.
    await directory.close().catch(() => undefined);
    throw error;
  }
}

interface Built {
  readonly graph: JobGraph;
  /** Takes the secrets of its parameters out of a text. */
  readonly redact: (text: string) => string;
}

async function startIn(directory: StateDirectory, built: Built, ports: Ports, machine: Machine, options: StartOptions): Promise<JobHandle> {
  const { graph, redact } = built;
  const from = options.from === undefined ? undefined : snapshotChoice(options.from, directory.savepoints, machine);
  const decision = decideRun(directory.runs, { fresh: options.fresh === true, from });
  if (decision.kind === "refuse") throw decision.error;
  if (decision.kind === "new" && decision.abandons !== undefined && from?.kind === "checkpoint") {
    throw new MillraceError(
      "RUN_FROM",
      `--fresh puts the checkpoints of the unfinished run ${decision.abandons} aside, and ${options.from} is among them`,
      {
        hint: "leave out --fresh: --from alone goes back to that checkpoint within the unfinished run",
      },
    );
  }
  const storage = createFileCheckpointStorage({ files: ports.files, directory: directory.checkpoints });
  const startedFrom = decision.kind === "resume" ? decision.previous.startedFrom : null;
  const begunFrom = startedFrom === null ? undefined : parseSnapshotChoice(startedFrom);
  const readByRestore = restoreReads({
    files: ports.files,
    storage,
    local: options.backend === "heap" ? undefined : directory.local,
    plan: graph.plan,
    parallelism: parallelismOf(options),
  });
  const point = await chooseStartingPoint({ ports, storage, graph, decision, from, begunFrom, readByRestore });
  const restorePlan =
    point === undefined
      ? undefined
      : await planRestore({
          graph,
          manifest: point.manifest,
          data: point.snapshot ?? storage,
          maxParallelism: maxParallelismOf(options, point),
          allowDrop: options.allowDrop ?? [],
          nowMs: ports.clock.now(),
        });
  const run = withoutSecrets(await directory.beginRun(decision, point?.manifest.checkpointId), redact);
  try {
    return await launch({ directory, storage, run, ...built, ports, machine, options, point, restorePlan });
  } catch (error) {
    await run.end("failed", messageOf(error)).catch(() => undefined);
    throw error;
  }
}

/** Why a run failed stays in the history of runs for good. */
function withoutSecrets(run: ActiveRun, redact: Built["redact"]): ActiveRun {
  return { ...run, end: (end, reason) => run.end(end, reason === undefined ? undefined : redact(reason)) };
}

interface Launch extends Built {
  readonly directory: StateDirectory;
  readonly storage: CheckpointStorage;
  readonly run: ActiveRun;
  readonly ports: Ports;
  readonly machine: Machine;
  readonly options: StartOptions;
  readonly point: StartingPoint | undefined;
  readonly restorePlan: RestorePlan | undefined;
}

async function launch({ directory, storage, run, graph, redact, ports, machine, options, point, restorePlan }: Launch): Promise<JobHandle> {
  const identity = { runId: run.runId, lockToken: directory.lockToken };
  let handle: RunningJob | undefined;
  const { threads, reason } = threadsFor(graph, ports, options, parallelismOf(options));
  const deployer = deployerFor({
    graph,
    ports,
    runId: run.runId,
    options,
    point,
    kept: { storage, checkpoints: directory.checkpoints, local: directory.local, lockToken: directory.lockToken },
    console: (worker, level, text) => handle?.console(worker, level, text),
  });
  const settings = runSettings(graph, ports, options, {
    ...identity,
    deployer,
    storage,
    local: { directory: directory.local, backend: options.backend ?? "disk" },
    point,
    restorePlan,
    nextCheckpointId: () => run.checkpointIds.next(),
    verifyOwnership: () => directory.verifyLock(),
  });
  const jobRun = new JobRun(settings, (event: RunEvent) => handle?.heard(event));
  let control: SoonControl | undefined;
  let ended = false;
  const memory = options.backend === "heap" ? undefined : memoryShares(options.memoryBytes, threads === "off" ? 1 : threads);
  handle = new RunningJob({
    graph,
    run: jobRun,
    ports,
    runId: run.runId,
    stateDirectory: directory.path,
    memory,
    resumedFrom: point?.manifest.checkpointId,
    restoredFrom: point?.snapshot?.path,
    savepointPath: savepointPlace(directory, machine),
    refuseOccupied: (path) => refuseOccupied(ports.files, machine.absolutePath(path)),
    logger: options.logger,
    onEvent: options.onEvent,
    over: async (end, reason) => {
      try {
        ended = true;
        await control?.close();
        await run.end(end, reason);
      } finally {
        await directory.close();
      }
    },
  });
  if (directory.recovered !== undefined)
    handle.warn("LOCK_RECOVERED", `the lock of process ${directory.recovered.pid}, which is gone, was recovered`);
  for (const why of point?.skipped ?? []) handle.warn("CHECKPOINT_SKIPPED", why);
  if (point !== undefined && (!point.own || options.from !== undefined)) {
    const notes = await outputThatStays(graph, point.manifest, (uid) => sinkContext(settings, point.own, { uid, subtask: 0, parallelism: 1 }));
    for (const note of notes) handle.warn("RESTORE_OUTPUT_STAYS", note);
  }
  for (const note of restorePlan === undefined ? [] : restoreNotes(restorePlan)) handle.warn("STATE_MIGRATED", note);
  if (reason !== undefined) handle.warn("THREADS_OFF", reason);
  await begin(jobRun, handle, options.signal);
  untilFinished(handle, machine.inlineFurther());
  if (memory !== undefined) untilFinished(handle, machine.boundGarbage(memory.memoryBytes));
  if (machine.hasSockets && !ended) control = controlSoon({ handle, plan: graph.plan, directory, redact }, ports);
  return handle;
}

/** Checkpoints off: output is published at the end of the input, and at no other time; nothing survives a crash. */
async function startEphemeral(graph: JobGraph, ports: Ports, machine: Machine, options: StartOptions): Promise<JobHandle> {
  const runId = randomHex(ports.random, 8);
  let id = 0;
  let handle: RunningJob | undefined;
  const { reason } = threadsFor(graph, ports, options, parallelismOf(options));
  const deployer = deployerFor({
    graph,
    ports,
    runId,
    options,
    point: undefined,
    kept: undefined,
    console: (worker, level, text) => handle?.console(worker, level, text),
  });
  const settings = runSettings(graph, ports, options, {
    runId,
    lockToken: "",
    deployer,
    storage: undefined,
    local: undefined,
    point: undefined,
    restorePlan: undefined,
    nextCheckpointId: async () => ++id,
    verifyOwnership: async () => undefined,
  });
  const jobRun = new JobRun(settings, (event) => handle?.heard(event));
  handle = new RunningJob({
    graph,
    run: jobRun,
    ports,
    runId,
    stateDirectory: undefined,
    memory: undefined,
    resumedFrom: undefined,
    restoredFrom: undefined,
    savepointPath: () => () => "",
    refuseOccupied: async () => undefined,
    logger: options.logger,
    onEvent: options.onEvent,
    over: async (end) => {
      const sinks = graph.plan.nodes.filter(({ kind, details }) => kind === "sink" && details.guarantee === "exactly-once");
      if (end !== "stopped" || sinks.length === 0) return;
      const names = sinks.map(({ uid }) => `"${uid}"`).join(", ");
      handle?.warn(
        "EPHEMERAL_UNPUBLISHED",
        `stopped before its input had ended, so nothing of ${names} was published; with a state directory it would be`,
      );
    },
  });
  if (reason !== undefined) handle.warn("THREADS_OFF", reason);
  await begin(jobRun, handle, options.signal);
  untilFinished(handle, machine.inlineFurther());
  return handle;
}

/** Rejects when the start is refused. From here on to its end `signal` stops the run, and no longer: it is the caller's, and may live on. */
async function begin(run: JobRun, handle: JobHandle, signal: AbortSignal | undefined): Promise<void> {
  const stop = (): void => void handle.stop().catch(() => undefined);
  const letGo = (): void => signal?.removeEventListener("abort", stop);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  try {
    await run.start();
  } catch (error) {
    letGo();
    throw error;
  }
  untilFinished(handle, letGo);
}

function untilFinished(handle: JobHandle, cancel: Cancel): void {
  handle.finished.catch(() => undefined).finally(cancel);
}
