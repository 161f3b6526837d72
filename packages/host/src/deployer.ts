import type { CheckpointStorage } from "@millrace/contracts";
import { limits, MillraceError, type Ports } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import type { JobGraph } from "@millrace/plan";
import { type Deployer, inThisThread, inThreads, type ThreadListener } from "@millrace/runtime";
import { intervalOf } from "./checkpoint-interval.ts";
import type { ConsoleLevel, StartOptions } from "./job-handle.ts";
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
  readonly point: StartingPoint | undefined;
  /** undefined: checkpoints are off. */
  readonly kept:
    | { readonly storage: CheckpointStorage; readonly checkpoints: string; readonly local: string; readonly lockToken: string }
    | undefined;
  readonly console: (worker: number, level: ConsoleLevel, text: string) => void;
}

/** Connectors whose other end is in the memory, or belongs to the main thread, of the process. */
const boundToMainThread: ReadonlySet<string> = new Set(["collect", "stdin"]);

/** Puts the tasks of each attempt into worker threads, or all into this thread, as its parallelism asks for. */
export function deployerFor(given: DeployerOptions): Deployer {
  const { graph, ports, runId, options, point, kept, console } = given;
  const common = {
    runId,
    ancestorRunIds: ancestorsOf(point),
    batchRecords: options.batchSize ?? limits.batchRecordsMax,
    dev: options.dev === true,
    interpret: options.interpret === true,
    overwrite: options.overwrite === true,
    exactlyOnce: options.checkpointMode !== "at-least-once",
    checkpointIntervalMs: intervalOf(options, kept),
  };
  const stateIn = (threads: number): WorkerState | undefined =>
    kept === undefined
      ? undefined
      : {
          backend: options.backend ?? "disk",
          checkpoints: kept.checkpoints,
          local: kept.local,
          identity: { runId, lockToken: kept.lockToken },
          memory: memoryShares(options.memoryBytes, threads),
        };
  return (order, listener) => {
    const { threads } = threadsFor(graph, ports, options, order.physical.parallelism);
    const { module, parameters, mode, memoryBytes } = options;
    if (threads === "off" || module === undefined) {
      const backends = backendsOf(ports, stateIn(1), kept?.storage);
      return inThisThread({ ...common, graph, ports, storage: kept?.storage, backends, restoredData: point?.snapshot })(order, listener);
    }
    const snapshotPath = point?.snapshot?.path;
    const start: WorkerStart = { ...common, module, parameters, mode, plan: graph.plan, snapshotPath, state: stateIn(threads) };
    const heapBytesMax = memoryBytes === undefined ? undefined : Math.floor(memoryBytes / threads);
    const startThread = (index: number, threadListener: ThreadListener) =>
      startWorkerThread(index, start, heapBytesMax, { ...threadListener, console: (level, text) => console(index, level, text) });
    return inThreads({ ports, threads, startThread })(order, listener);
  };
}

export interface Threads {
  readonly threads: number | "off";
  /** Why that is not what was to be expected. */
  readonly reason?: string;
}

/** Throws THREADS and THREADS_MODULE for options that can't be. */
export function threadsFor(graph: JobGraph, ports: Ports, options: Pick<StartOptions, "threads" | "module">, parallelism: number): Threads {
  const { threads, module } = options;
  if (threads === "off") return { threads: "off" };
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new MillraceError("THREADS", `threads must be a whole number of at least 1, or "off", not ${threads}`, {
      where: { job: graph.plan.jobName },
      hint: "leave it out for one thread a subtask",
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
  if (wanted === 1 || ports.clock !== nodePorts.clock) return { threads: "off" };
  const bound = graph.bodies.find((body) => boundToMainThread.has(nameOf(body)));
  if (bound !== undefined) return { threads: "off", reason: `${nameOf(bound)} works in the main thread only: all subtasks run there` };
  return { threads: wanted };
}

function nameOf(body: JobGraph["bodies"][number]): string {
  if (body.kind === "source") return body.source.name;
  return body.kind === "sink" ? body.sink.name : "";
}
