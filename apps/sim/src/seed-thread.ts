import { parentPort, workerData } from "node:worker_threads";
import { plant, type SourceChange } from "./canaries/plant.ts";

/** A thread that runs one seed after the other, as `SeedPool` asks; `workerData`: the changes to plant, before the engine is loaded. */
plant(workerData as readonly SourceChange[]);
const { runSeed } = await import("./run-seed.ts");
parentPort?.on("message", (seed: number) => {
  // A rejection is the thread's end, and the pool tells of it.
  void runSeed(seed).then((result) => parentPort?.postMessage(result));
});
