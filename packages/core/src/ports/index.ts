export type { Clock } from "./clock.ts";
export { makeDurableDirectory } from "./durable-directory.ts";
export type { FileHandle, FileStat, Files } from "./files.ts";
export type { Random } from "./random.ts";
export { randomHex, seededRandom } from "./random.ts";
export { replaceFile, temporaryPath } from "./replace-file.ts";
export type { Cancel, Scheduler } from "./scheduler.ts";

import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** Everything non-deterministic that the engine may touch. */
export interface Ports {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly files: Files;
}
