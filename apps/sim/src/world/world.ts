import type { Clock, Ports } from "@millrace/core";
import { seededRandom } from "@millrace/core";
import { SimulatedFiles, SimulatedTime } from "@millrace/testkit";
import { Trace } from "./trace.ts";

const START_MS = Date.UTC(2024, 0, 1);

/** A file of the newest checkpoint, in which a byte has changed. */
export interface DamagedFile {
  readonly path: string;
  /** Brings the file back from a copy. */
  heal(): Promise<void>;
}

/** What outlives processes: time, the disk, and the record of what happened. */
export class World {
  readonly time: SimulatedTime;
  readonly disk: SimulatedFiles;
  readonly trace = new Trace();
  readonly clock: Clock;
  #jumpedMs = 0;
  /** The wall clock has jumped. */
  hasJumped = false;
  /** A byte of a local store has changed at some time. */
  isRotten = false;
  /** Input files that came while the job was there. */
  arrived = 0;
  /** A byte of it is wrong. */
  damaged: DamagedFile | undefined;

  /** `now`: what the wall clock shows, when it is not to go with time. `msPerReading`: how slow the processor is, see `SimulatedTime`. */
  constructor(seed: number, now?: () => number, msPerReading?: number) {
    this.time = new SimulatedTime(START_MS, seededRandom(seed ^ 0x51ed270b), msPerReading);
    this.clock = { now: now ?? (() => this.time.clock.now() + this.#jumpedMs), monotonic: () => this.time.clock.monotonic() };
    this.disk = new SimulatedFiles(this.clock, seededRandom(seed ^ 0x2545f491));
  }

  /** Whether an error, or a warning, of this code is that of a local store that is rotten. */
  isOfRot(code: string): boolean {
    return this.isRotten && code === "STATE_CORRUPT";
  }

  jump(byMs: number): void {
    this.#jumpedMs += byMs;
    this.hasJumped = true;
    this.trace.add(`clock ${byMs}`);
  }

  /** Files as someone who is no process of the simulation sees them. */
  get files(): Ports["files"] {
    return this.disk;
  }
}
