import { format } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { JobDefinition } from "@millrace/api";
import { assert, MillraceError, messageOf } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { errorToData, serveThread, type ThreadCommand, type ThreadEvent } from "@millrace/runtime";
import type { ConsoleLevel } from "../job-handle.ts";
import { ConsoleWriter } from "../node/worker-console.ts";
import { isInWorker } from "./in-worker.ts";
import { workerTaskSettings } from "./task-settings.ts";
import type { WorkerData } from "./worker-start.ts";

// What a worker thread runs: it builds the job from its module, then serves the coordinator.

const port = parentPort;
assert(port !== null, "a worker has a parent");
const tell = (event: ThreadEvent): void => port.postMessage(event);
const start = workerData as WorkerData;

isInWorker.set();
redirectConsole();
try {
  const settings = workerTaskSettings(await definitionOf(start.module), start, nodePorts);
  const serve = serveThread(settings, tell);
  port.on("message", (command: ThreadCommand) => serve(command));
  tell({ kind: "ready" });
} catch (error) {
  tell({ kind: "refused", error: errorToData(error) });
}

async function definitionOf(url: string): Promise<JobDefinition> {
  const module = (await import(url).catch((error: unknown) => {
    throw error instanceof MillraceError ? error : notLoaded(url, error);
  })) as { readonly default?: Partial<JobDefinition> };
  if (typeof module.default?.build === "function") return module.default as JobDefinition;
  throw new MillraceError("JOB_EXPORT", `the default export of ${url} is not a job, so that workers can't build it`, {
    hint: 'a job module ends in `export default defineJob("name", (env) => { … })`',
  });
}

/** The main thread has loaded it: it looks at the thread that it is in, or something has changed since. */
function notLoaded(url: string, error: unknown): MillraceError {
  return new MillraceError("JOB_LOAD", `${url} threw while a worker loaded it: ${messageOf(error)}`, {
    cause: error,
    hint: "a job's module is loaded by each worker too: what it does at its top level has to work in all of them",
  });
}

/** What user code says goes to the log of the job, with the rest. */
function redirectConsole(): void {
  const writer = new ConsoleWriter(start.console);
  const levels: Readonly<Record<string, ConsoleLevel>> = { debug: "debug", trace: "debug", log: "info", info: "info", warn: "warn", error: "error" };
  for (const [method, level] of Object.entries(levels)) {
    Object.assign(console, { [method]: (...args: unknown[]) => writer.write(level, format(...args)) });
  }
}
