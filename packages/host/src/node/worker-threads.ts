import * as nodeModule from "node:module";
import { Worker } from "node:worker_threads";
import { MillraceError } from "@millrace/core";
import { workerFlags } from "@millrace/core/node";
import { errorToData, type StartedThread, type ThreadEvent, type ThreadListener } from "@millrace/runtime";
import type { ConsoleLevel } from "../job-handle.ts";
import type { WorkerData, WorkerStart } from "../worker/worker-start.ts";
import { ConsoleReader } from "./worker-console.ts";

export interface WorkerListener extends ThreadListener {
  /** User code has written to its console. */
  console(level: ConsoleLevel, text: string): void;
}

const fromSource = import.meta.url.endsWith(".ts");
const entry = fromSource ? new URL("../worker/entry.ts", import.meta.url) : new URL(import.meta.resolve("@millrace/host/worker"));
const condition = "--conditions=millrace-source";

/** Starts a worker thread. `heapBytesMax`: what its JavaScript heap may hold; past it the worker fails, and not the process. */
export function startWorkerThread(index: number, start: WorkerStart, heapBytesMax: number | undefined, listener: WorkerListener): StartedThread {
  const flags = workerFlags(process.execArgv);
  const lines = new ConsoleReader((level, text) => listener.console(level, text));
  const worker = new Worker(entry, {
    name: `${start.plan.jobName} ${index}`,
    workerData: { ...start, compileCache: nodeModule.getCompileCacheDir(), console: lines.end } satisfies WorkerData,
    transferList: [lines.end.port],
    execArgv: fromSource && !flags.includes(condition) ? [...flags, condition] : flags,
    ...(heapBytesMax !== undefined && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytesMax / (1 << 20)) } }),
  });
  let failure: Error | undefined;
  let wanted = false;
  let isReady = false;
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", (code) => {
      lines.close();
      resolve();
      if (!wanted) listener.exited(failure ?? ended(index, code, isReady));
    });
  });
  worker.on("message", (event: ThreadEvent) => {
    isReady ||= event.kind === "ready";
    listener.event(event);
  });
  worker.on("error", (error) => {
    failure = failed(index, error);
  });
  return {
    post: (command) => worker.postMessage(command),
    terminate: async () => {
      wanted = true;
      await worker.terminate();
      await exited;
    },
  };
}

/** Whatever was thrown, which need not be an error. */
function failed(index: number, error: unknown): MillraceError {
  const { code, message } = errorToData(error);
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    return new MillraceError("WORKER_MEMORY", `worker ${index} ran out of memory`, {
      cause: error,
      hint: "give the job more with --memory, or keep less in variables: state belongs in declared state, which goes to disk",
    });
  }
  return new MillraceError("WORKER_FAILED", `an error outside of any record ended worker ${index}: ${message}`, {
    cause: error,
    hint: "catch the errors of callbacks and promises that user code starts",
  });
}

/** Node's code for a module whose await can never end: nothing is left that could end it. */
const UNSETTLED = 13;

/** `isReady`: its module was loaded. */
function ended(index: number, code: number, isReady: boolean): MillraceError {
  if (code === UNSETTLED && !isReady) {
    return new MillraceError("JOB_LOAD", `the job's module, or one that it imports, awaits what never comes in worker ${index}`, {
      hint: "look for an await at the top of the module whose promise nothing settles any more",
    });
  }
  return new MillraceError("WORKER_EXITED", `worker ${index} ended with code ${code}: user code called process.exit`, {
    hint: "throw an error instead of ending the process",
  });
}
