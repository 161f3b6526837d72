import type { CheckpointStorage } from "@millrace/contracts";
import { limits, MillraceError, type Ports } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { JobGraph } from "@millrace/plan";
import { type ConsoleLevel, type Deployer, inThisThread, inThreads } from "@millrace/runtime";
import { intervalOf } from "./checkpoint-interval.ts";
import type { StartOptions } from "./job-handle.ts";
import { memoryShares } from "./memory.ts";
import { startWorkerThread } from "./node/worker-threads.ts";
import { ancestorsOf, type StartingPoint } from "./starting-point.ts";
import { backendsOf } from "./worker/task-settings.ts";
import type { WorkerStart, WorkerState } from "./worker/worker-start.ts";

export interface DeployerOptions {
  readonly graph: JobGraph;
  readonly ports: Ports;
  readonly runId: string;
  readonly options: StartOptions;
  readonly parallelism: number;
  readonly point: StartingPoint | undefined;
  /** undefined: checkpoints are off. */
  readonly kept:
    | { readonly storage: CheckpointStorage; readonly checkpoints: string; readonly local: string; readonly lockToken: string }
    | undefined;
  readonly console: (worker: number, level: ConsoleLevel, text: string) => void;
}

/** Connectors whose other end is in the memory, or belongs to the main thread, of the process. */
const boundToMainThread: ReadonlySet<string> = new Set(["collect", "stdin"]);

/** Where the job's tasks run: in worker threads, or all in this thread. */
export function deployerFor(given: DeployerOptions): { readonly deployer: Deployer; readonly threads: number | "off"; readonly reason?: string } {
  const { graph, ports, runId, options, parallelism, point, kept, console } = given;
  const ancestorRunIds = ancestorsOf(point);
  const { threads, reason } = threadsOf(given);
  const batchRecords = options.batchSize ?? limits.batchRecordsMax;
  const dev = options.dev === true;
  const interpret = options.interpret === true;
  const overwrite = options.overwrite === true;
  const exactlyOnce = options.checkpointMode !== "at-least-once";
  const checkpointIntervalMs = intervalOf(options, kept);
  const state: WorkerState | undefined =
    kept === undefined
      ? undefined
      : {
          backend: options.backend ?? "leveldb",
          checkpoints: kept.checkpoints,
          local: kept.local,
          parallelism,
          identity: { runId, lockToken: kept.lockToken },
          memory: memoryShares(options.memoryBytes, threads === "off" ? 1 : threads),
        };
  if (threads === "off" || options.module === undefined) {
    const backends = backendsOf(graph, ports, state, kept?.storage);
    const storage = kept?.storage;
    const restoredData = point?.snapshot;
    const common = { graph, ports, runId, ancestorRunIds, batchRecords, dev, interpret, overwrite, exactlyOnce, checkpointIntervalMs };
    const settings = { ...common, storage, backends, restoredData };
    return { deployer: inThisThread(settings), threads: "off", ...(reason !== undefined && { reason }) };
  }
  const { module, parameters, memoryBytes } = options;
  const start: WorkerStart = {
    module,
    parameters,
    plan: graph.plan,
    runId,
    ancestorRunIds,
    snapshotPath: point?.snapshot?.path,
    batchRecords,
    dev,
    interpret,
    overwrite,
    exactlyOnce,
    checkpointIntervalMs,
    state,
  };
  const heapBytesMax = memoryBytes === undefined ? undefined : Math.floor(memoryBytes / threads);
  const deployer = inThreads({ ports, threads, console, startThread: (index, listener) => startWorkerThread(index, start, heapBytesMax, listener) });
  return { deployer, threads };
}

/** `reason`: why it is not what was to be expected. */
function threadsOf({ graph, ports, options, parallelism }: DeployerOptions): { readonly threads: number | "off"; readonly reason?: string } {
  const { threads, module } = options;
  if (threads === "off") return { threads: "off" };
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new MillraceError("THREADS", `threads must be a whole number of at least 1, or "off", not ${threads}`, {
      where: { job: graph.plan.jobName },
    });
  }
  if (module === undefined) {
    if (threads === undefined) return { threads: "off" };
    throw new MillraceError("THREADS_MODULE", "worker threads need the URL of the module that exports the job", {
      where: { job: graph.plan.jobName },
      hint: "pass `module: import.meta.url` from the module whose default export is the job",
    });
  }
  const wanted = Math.min(threads ?? parallelism, parallelism);
  if (wanted === 1) return { threads: "off" };
  const bound = graph.bodies.find((body) => boundToMainThread.has(nameOf(body)));
  if (bound !== undefined) return { threads: "off", reason: `${nameOf(bound)} works in the main thread only: all subtasks run there` };
  if (ports.clock !== nodePorts.clock) return { threads: "off" };
  return { threads: wanted };
}

function nameOf(body: JobGraph["bodies"][number]): string {
  if (body.kind === "source") return body.source.name;
  return body.kind === "sink" ? body.sink.name : "";
}
