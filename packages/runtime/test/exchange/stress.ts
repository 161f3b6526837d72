import { Worker } from "node:worker_threads";
import type { PhysicalEdge, PhysicalPlan } from "@millrace/plan";
import { createExchangeMemory, type ExchangeSizes } from "../../src/exchange/exchange-memory.ts";
import type { StressStart } from "./stress-thread.ts";

/** Two tasks of as many subtasks as there are threads, and some hashed edges from the one to the other. */
export function fullMesh(threads: number, edgeCount: number): PhysicalPlan {
  const edges = Array.from(
    { length: edgeCount },
    (_, id): PhysicalEdge => ({ id, fromTask: 0, fromNode: 0, output: "", toTask: 1, toNode: 1, input: 0, exchange: "hash" }),
  );
  return {
    parallelism: threads,
    maxParallelism: 720,
    tasks: [
      { id: 0, name: "sender", parallelism: threads, head: 0, nodes: [0], inputs: [], outputs: edges },
      { id: 1, name: "receiver", parallelism: threads, head: 1, nodes: [1], inputs: edges, outputs: [] },
    ],
  };
}

export interface StressOptions {
  readonly threads: number;
  readonly edges: number;
  readonly elements: number;
  readonly seed: number;
  readonly sizes: Partial<ExchangeSizes>;
}

/** Runs threads that send to each other until all has arrived; rejects with what went wrong, also when nothing moves for `patienceMs`. */
export async function stress({ threads, edges, elements, seed, sizes }: StressOptions, patienceMs: number): Promise<void> {
  const physical = fullMesh(threads, edges);
  const memory = createExchangeMemory(physical, threads, sizes);
  const entry = new URL("./stress-thread.ts", import.meta.url);
  const workers = Array.from({ length: threads }, (_, thread) => {
    const start: StressStart = { physical, memory, thread, seed, elements };
    return new Worker(entry, { workerData: start, execArgv: ["--conditions=millrace-source"] });
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const said = (word: string) =>
      Promise.all(workers.map((worker) => new Promise<void>((resolve) => worker.on("message", (message: string) => message === word && resolve()))));
    const failed = new Promise<never>((_, reject) => {
      for (const worker of workers) worker.once("error", reject);
    });
    const done = said("done");
    await Promise.race([said("ready"), failed]);
    for (const worker of workers) worker.postMessage("go");
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`seed ${seed}: not everything arrived within ${patienceMs} ms`)), patienceMs);
    });
    await Promise.race([done, failed, stuck]);
  } finally {
    clearTimeout(timer);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
