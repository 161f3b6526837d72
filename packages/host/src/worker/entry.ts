import * as nodeModule from "node:module";
import { workerData } from "node:worker_threads";
import type { WorkerData } from "./worker-start.ts";

// The first module of a worker thread. Compiled code is kept as in the main thread, which must be on before anything else is imported.
const { compileCache } = workerData as WorkerData;
if (compileCache !== undefined) nodeModule.enableCompileCache(compileCache);
await import("./serve.ts");
