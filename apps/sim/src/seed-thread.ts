import { parentPort, workerData } from "node:worker_threads";
import { plant } from "./canaries/plant.ts";
import type { SeedThreadData } from "./seed-pool.ts";
import { tighten } from "./tight.ts";

/** A thread that runs one seed after the other, as `SeedPool` asks; `workerData`: what is to be done before the engine is loaded. */
const { changes, tight } = workerData as SeedThreadData;
plant(changes);
if (tight) tighten();
const { runSeed } = await import("./run-seed.ts");
parentPort?.on("message", (seed: number) => {
  // A rejection is the thread's end, and the pool tells of it.
  void runSeed(seed).then((result) => parentPort?.postMessage(result));
});
